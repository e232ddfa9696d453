"""POST /realtime/sessions: open a session for a server's own front end."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.create_realtime_session import create_realtime_session

handler = endpoint(create_realtime_session, bootstrap, lenient=True, told_as="/realtime/sessions")
