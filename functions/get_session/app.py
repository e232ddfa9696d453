"""GET /session/{sessionId}: show a session and its calls."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_session import get_session

handler = endpoint(get_session, bootstrap)
