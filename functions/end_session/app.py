"""POST /session/{sessionId}/end: hang up and end the session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.end_session import end_session

handler = endpoint(end_session, bootstrap)
