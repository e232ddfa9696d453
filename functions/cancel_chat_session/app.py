"""POST /chatkit/sessions/{session_id}/cancel: cancel a chat session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.cancel_chat_session import cancel_chat_session

handler = endpoint(cancel_chat_session, bootstrap)
