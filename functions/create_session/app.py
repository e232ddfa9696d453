"""POST /session: open a realtime session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.create_session import create_session

handler = endpoint(create_session, bootstrap, status=201)
