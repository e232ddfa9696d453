"""POST /chatkit/sessions/{session_id}/events: keep what happened in a chat session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.record_chat_event import record_chat_event

handler = endpoint(record_chat_event, bootstrap, status=202)
