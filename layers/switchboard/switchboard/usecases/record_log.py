"""Record what a browser uploads at the end of a session, once however often it is sent."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.domain.log import Log, is_too_deep, log_id, session_id_of
from switchboard.domain.ports import Clock, Logs, Sessions, Workflows
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.redact import redact_all
from switchboard.usecases.payload import Answer


class RecordLog(BaseModel):
    """`content` is the whole body, whatever is in it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    content: dict[str, Any]


class LogRecorded(Answer):
    """The log is kept. `status` is `received` until its summary is made, or has failed."""

    log_id: str
    status: Literal["received", "summarised", "failed"]


class Deps(Protocol):
    """What this use case needs."""

    logs: Logs
    sessions: Sessions
    workflows: Workflows
    quotas: Quotas
    clock: Clock


def record_log(request: RecordLog, principal: Principal, deps: Deps) -> LogRecorded:
    """Return the log's id. The same log again is the same log; one whose summary has not begun is begun.

    Secrets are taken out before anything is kept; all else stays as it came.
    """
    if not request.content or is_too_deep(request.content):
        raise InvalidRequest(f"body: must be an object with content, at most {limits.LOG_DEPTH} levels deep")
    key = log_id(principal.owner, request.content)
    log = deps.logs.find(key)
    if log is None:
        with deps.quotas.reserved(principal, "log"):
            log = _keep(key, request.content, principal.owner, deps)
    if log.status == "received":
        deps.workflows.summarise(log)
    return LogRecorded(log_id=log.id, status=log.status)


def _keep(key: str, content: dict[str, Any], owner: str, deps: Deps) -> Log:
    session_id = session_id_of(content)
    log = Log(
        id=key,
        owner=owner,
        session_id=session_id if session_id and _is_theirs(session_id, owner, deps.sessions) else None,
        received_at=deps.clock(),
        size=len(str(content)),
    )
    deps.logs.add(log, redact_all(content, ("secret",)))
    return deps.logs.find(key) or log


def _is_theirs(session_id: str, owner: str, sessions: Sessions) -> bool:
    try:
        sessions.get(session_id, owner)
    except NotFound:
        return False
    return True
