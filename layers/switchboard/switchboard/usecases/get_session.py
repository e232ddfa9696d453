"""Show a session and its calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry, Audits
from switchboard.domain.call import Call, CallStatus
from switchboard.domain.log import Log
from switchboard.domain.log import Status as LogStatus
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.logs import Logs
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.price import Prices, cost
from switchboard.domain.principal import Principal
from switchboard.domain.session import Mode, Session, Status
from switchboard.domain.talk import Reports
from switchboard.usecases.payload import Answer, Request, SessionId


class GetSession(Request):
    """Names the session."""

    session_id: SessionId


class CallAnswer(Answer):
    """One call: `pending` until a sideband host follows it, `closed` when it is over, and why.

    `usage` has tokens by source and kind as of the last metering, `cost_usd` what they cost; both are null
    before it, and the cost where something has no price. Sources are `response`, `transcription`, and such
    as `transcription:other-model` for what a model did that the session had not asked for.
    """

    call_id: str
    generation: int
    status: CallStatus
    created_at: datetime
    attached_at: datetime | None
    closed_at: datetime | None
    reason: str | None
    usage: dict[str, dict[str, float]] | None
    cost_usd: float | None

    @classmethod
    def of(cls, call: Call, cost_usd: float | None) -> CallAnswer:
        """Return the answer for a call."""
        known = {name: getattr(call, name) for name in cls.model_fields if name != "cost_usd"}
        return cls(**known, cost_usd=cost_usd)


class AuditAnswer(Answer):
    """One thing that happened besides talk, such as `config.reasserted`, with ids, names and numbers."""

    at: datetime
    event: str
    facts: dict[str, Any]


class SessionLogAnswer(Answer):
    """A log that the session's owner has sent of it; `GET /realtime/logs/{logId}` tells more."""

    log_id: str
    status: LogStatus
    created_at: datetime


class SessionAnswer(Answer):
    """The record of a session; it never holds a secret. `audit` has its newest entries, oldest first.

    `logs` are the newest that its owner has sent, newest first.
    """

    session_id: str
    status: Status
    mode: Mode
    model: str
    voice: str
    enable_transcription: bool
    instructions: str
    generation: int
    call_id: str | None
    calls: list[CallAnswer]
    profile: dict[str, Any] | None
    replaced_by: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    audit: list[AuditAnswer]
    logs: list[SessionLogAnswer]
    cost_usd: float | None

    @classmethod
    def of(
        cls,
        session: Session,
        calls: tuple[Call, ...],
        audit: tuple[AuditEntry, ...],
        logs: Sequence[Log],
        costs: Mapping[int, float | None],
    ) -> SessionAnswer:
        """Return the answer for a session; `costs` are those of its metered calls by generation."""
        own = {"session_id", "enable_transcription", "calls", "audit", "logs", "cost_usd"}
        known = [dollars for dollars in costs.values() if dollars is not None]
        return cls(
            session_id=session.id,
            enable_transcription=session.transcription,
            calls=[CallAnswer.of(call, costs.get(call.generation)) for call in calls],
            cost_usd=round(sum(known), 6) if len(known) == len(costs) else None,
            audit=[AuditAnswer(at=entry.at, event=entry.event, facts=dict(entry.facts)) for entry in audit],
            logs=[
                SessionLogAnswer(log_id=log.id, status=log.status, created_at=log.received_at) for log in logs
            ],
            **{name: getattr(session, name) for name in cls.model_fields if name not in own},
        )


class SettingsOfPrices(Protocol):
    """The settings that tell what usage costs."""

    @property
    def prices(self) -> Prices:
        """The table of prices."""

    @property
    def transcription_model(self) -> str:
        """The model that calls are transcribed by."""


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    calls: Calls
    audits: Audits
    logs: Logs
    reports: Reports
    settings: SettingsOfPrices


def get_session(request: GetSession, principal: Principal, deps: Deps) -> SessionAnswer:
    """Return the session. Another's session looks like no session."""
    session = deps.sessions.get(request.session_id, principal.owner)
    audit = deps.audits.list(session.id, limits.AUDIT_ENTRIES)
    calls = deps.calls.list(session.id)
    models = session.model, deps.settings.transcription_model
    costs = {
        call.generation: cost(call.usage, *models, deps.settings.prices)
        for call in calls
        if call.usage is not None
    }
    sent = map(deps.logs.find, deps.reports.log_ids(session.id, limits.SESSION_LOGS_MAX))
    logs = [log for log in sent if log and log.owner == session.owner]
    return SessionAnswer.of(session, calls, audit, logs, costs)
