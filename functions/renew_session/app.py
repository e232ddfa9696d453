"""POST /session/renew: same session, new secret."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.renew_session import renew_session

handler = endpoint(renew_session, bootstrap)
