"""POST /api/codex/sessions/{session_id}/close: close a codex session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.close_codex_session import close_codex_session

handler = endpoint(close_codex_session, bootstrap)
