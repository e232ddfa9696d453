"""POST /api/codex/sessions: create a codex session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.create_codex_session import create_codex_session

handler = endpoint(create_codex_session, bootstrap, status=201)
