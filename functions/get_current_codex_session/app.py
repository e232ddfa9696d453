"""GET /api/codex/sessions/current: the active codex session of a placement and an agent."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_current_codex_session import get_current_codex_session

handler = endpoint(get_current_codex_session, bootstrap)
