"""GET /api/codex/chatkit/sessions: list a user's chat sessions."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.list_chat_sessions import list_chat_sessions

handler = endpoint(list_chat_sessions, bootstrap)
