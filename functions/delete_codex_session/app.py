"""DELETE /api/codex/sessions/{session_id}: forget a codex session with what was said in it."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.delete_codex_session import delete_codex_session

handler = endpoint(delete_codex_session, bootstrap)
