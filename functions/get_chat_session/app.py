"""GET /chatkit/sessions/{session_id}: the record of a chat session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_chat_session import get_chat_session

handler = endpoint(get_chat_session, bootstrap)
