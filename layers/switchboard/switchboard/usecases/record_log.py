"""Record what a browser uploads at the end of a session, once however often it is sent."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, NotFound
from switchboard.domain.log import Log, is_too_deep, log_id, session_id_of
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.ports.workflows import Workflows
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.redact import redact_all
from switchboard.domain.report import report_of
from switchboard.domain.talk import Reports
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
    reports: Reports
    sessions: Sessions
    workflows: Workflows
    quotas: Quotas
    clock: Clock


def record_log(request: RecordLog, principal: Principal, deps: Deps) -> LogRecorded:
    """Return the log's id. The same log again is the same log; one whose summary has not begun is begun.

    Secrets are taken out before anything is kept; all else stays as it came. What it tells of a session of
    its sender's fills the gaps of that session's transcript.
    """
    if not request.content or is_too_deep(request.content):
        raise InvalidRequest(f"body: must be an object with content, at most {limits.LOG_DEPTH} levels deep")
    key = log_id(principal.owner, request.content)
    log = deps.logs.find(key)
    if log is None:
        with deps.quotas.reserved(principal, "log"):
            log = _keep(key, request.content, principal.owner, deps)
    elif log.session_id is None:
        _report(key, request.content, principal.owner, deps)
    if log.status == "received":
        deps.workflows.summarise(log)
    return LogRecorded(log_id=log.id, status=log.status)


def _keep(key: str, content: dict[str, Any], owner: str, deps: Deps) -> Log:
    log = Log(
        id=key,
        owner=owner,
        session_id=_report(key, content, owner, deps),
        received_at=deps.clock(),
        size=len(str(content)),
    )
    deps.logs.add(log, redact_all(content, ("secret",)))
    return deps.logs.find(key) or log


def _report(key: str, content: dict[str, Any], owner: str, deps: Deps) -> str | None:
    """Keep what the log tells of its sender's own session; return that session, if it names one.

    A page's last words may come as a guest without a cookie, and once more by somebody who has it.
    """
    session_id = session_id_of(content)
    if session_id is None or not _is_theirs(session_id, owner, deps.sessions):
        return None
    told = report_of(redact_all(content, ("secret",)))
    deps.reports.add(session_id, key, deps.clock(), told)
    return session_id


def _is_theirs(session_id: str, owner: str, sessions: Sessions) -> bool:
    try:
        sessions.get(session_id, owner)
    except NotFound:
        return False
    return True
