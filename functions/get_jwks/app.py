"""GET /.well-known/jwks.json: the keys by which anybody can check our chat tokens."""

from switchboard.bootstrap import bootstrap
from switchboard.public import public
from switchboard.usecases.get_jwks import get_jwks

handler = public(get_jwks, bootstrap, seconds=300)
