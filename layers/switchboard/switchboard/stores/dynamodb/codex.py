"""Codex sessions in the table, and the guards that allow each user one per placement and agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from json import dumps, loads
from random import uniform
from typing import Any

from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import CodexSessionActive, NotFound, SessionChanged, Throttled
from switchboard.domain.ports.surroundings import Clock
from switchboard.stores.dynamodb.chats import NEW, SAME_VERSION, chat_row
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

FREE = "attribute_not_exists(pk) OR free_at <= :now"
"""A guard lets pass whoever finds none, or one whose time is up, though the table has yet to remove it."""
MINE = "session_id = :mine"


class DynamoCodex:
    """The codex sessions. A guard row names the active one; both are written together, or neither."""

    def __init__(self, table: Table, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._table = table
        self._clock = clock
        self._sleep = sleep

    def add(self, session: CodexSession, chat: ChatSession) -> None:
        """Store a new one and its chat session: both or none. Raise CodexSessionActive."""
        puts: list[tuple[Row, str | None, Row | None]] = [
            (_guard(session), FREE, {"now": int(self._clock().timestamp())}),
            (_row(session), NEW, None),
            (chat_row(chat), NEW, None),
        ]
        for attempt in range(limits.RESERVE_TRIES):
            try:
                return self._table.transact(puts)
            except ConditionFailed as error:
                raise _active(session) from error
            except Throttled as error:  # another's transaction on the same guard: somebody is getting in
                if self.find_current(session.owner, session.placement, session.agent_id):
                    raise _active(session) from error
                self._sleep(uniform(0.5, 1) * limits.RESERVE_PAUSE * 2**attempt)
        raise Throttled("Too many ask for the same session.", retry_after=limits.BUSY_RETRY_AFTER)

    def get(self, session_id: str, owner: str) -> CodexSession:
        """Return it. Raise NotFound if it is missing, another's or past its time."""
        row = self._table.get(f"CODEX#{owner}", f"SESSION#{session_id}")
        if row is None:
            raise NotFound("There is no such session.")
        return _session_of(row)

    def find_current(self, owner: str, placement: str, agent_id: str) -> CodexSession | None:
        """Return the active one of that placement and agent, if there is one."""
        guard = self._table.get(f"CODEX#{owner}", f"ACTIVE#{placement}#{agent_id}")
        row = self._table.get(f"CODEX#{owner}", f"SESSION#{guard['session_id']}") if guard else None
        session = _session_of(row) if row else None
        return session if session and session.status == "active" else None

    def close(self, session: CodexSession) -> CodexSession:
        """Store the closed one and make room for the next: both or none. Raise SessionChanged if late."""
        changed = replace(session, version=session.version + 1)
        now = int(self._clock().timestamp())
        gone = {**_guard(session), "free_at": 0, "ttl": now}
        try:
            self._table.transact(
                [
                    (_row(changed), SAME_VERSION, {"seen": session.version}),
                    (gone, MINE, {"mine": session.id}),
                ]
            )
        except ConditionFailed as error:
            raise SessionChanged("The session changed meanwhile.", retry_after=1) from error
        return changed

    def remove(self, session: CodexSession) -> None:
        """Forget a closed one; a missing one is fine."""
        self._table.delete(f"CODEX#{session.owner}", f"SESSION#{session.id}")


def _guard(session: CodexSession) -> Row:
    free_at = int(session.expires_at.timestamp())
    return {
        "pk": f"CODEX#{session.owner}",
        "sk": f"ACTIVE#{session.placement}#{session.agent_id}",
        "session_id": session.id,
        "free_at": free_at,
        "ttl": free_at,
    }


def _row(session: CodexSession) -> Row:
    row: dict[str, Any] = {name: getattr(session, name) for name in CodexSession.__dataclass_fields__}
    for name in ("created_at", "expires_at", "closed_at"):
        row[name] = row[name].isoformat() if row[name] else None
    row["context"] = dumps(session.context)
    row["pk"], row["sk"] = f"CODEX#{session.owner}", f"SESSION#{session.id}"
    row["ttl"] = int(session.expires_at.timestamp())
    del row["owner"]  # the name of an index's key, which lists sessions of another kind
    return row


def _session_of(row: Row) -> CodexSession:
    fields = {name: row[name] for name in CodexSession.__dataclass_fields__ if name in row}
    for name in ("created_at", "expires_at", "closed_at"):
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    owner = row["pk"].removeprefix("CODEX#")
    return CodexSession(**{**fields, "owner": owner, "context": loads(row["context"])})


def _active(session: CodexSession) -> CodexSessionActive:
    return CodexSessionActive(
        "There is an active session for this placement and agent.",
        details={
            "current": "/api/codex/sessions/current"
            f"?placement={session.placement}&agent_id={session.agent_id}"
        },
    )
