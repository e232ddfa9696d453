"""GET /api/codex/sessions/{session_id}: a codex session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_codex_session import get_codex_session

handler = endpoint(get_codex_session, bootstrap)
