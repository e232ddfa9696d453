"""Sessions in the table."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from json import dumps, loads
from typing import Any

from switchboard.domain import limits
from switchboard.domain.call import Call
from switchboard.domain.errors import CallTaken, InvalidRequest, NotFound, SessionChanged
from switchboard.domain.ports.paging import Page
from switchboard.domain.session import Session
from switchboard.stores.dynamodb.calls import call_row
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

NEW = "attribute_not_exists(pk)"
SAME_VERSION = "version = :seen"
JSON = ("profile", "tools", "granted")


class DynamoSessions:
    """The sessions, one row each, written only over the version that was read."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session: Session, replaced: Session | None = None) -> None:
        """Store a new session, and the ended one that it replaces: both or none."""
        puts: list[tuple[Row, str | None, Row | None]] = [(session_row(session), NEW, None)]
        if replaced:
            puts.append(_over_seen(replaced))
        try:
            self._table.transact(puts)
        except ConditionFailed as error:
            raise _changed() from error

    def get(self, session_id: str, owner: str) -> Session:
        """Return the session. Raise NotFound if it is missing or another's."""
        session = self.load(session_id)
        if session.owner != owner:
            raise _missing()
        return session

    def load(self, session_id: str) -> Session:
        """Return the session, whoever owns it. Raise NotFound."""
        row = self._table.get(f"SESSION#{session_id}", "SESSION")
        if row is None:
            raise _missing()
        return session_of(row)

    def save(self, session: Session) -> Session:
        """Store the changed session and return it with its new version. Raise SessionChanged if late."""
        row, condition, values = _over_seen(session)
        try:
            self._table.put(row, condition, values)
        except ConditionFailed as error:
            raise _changed() from error
        return replace(session, version=session.version + 1)

    def attach(self, session: Session, call: Call) -> Session:
        """Store the session and its new current call: both or none."""
        guard = {"pk": f"CALLID#{call.call_id}", "sk": "CALL", "session_id": session.id, "ttl": _ttl(session)}
        mine = "attribute_not_exists(pk) OR session_id = :session"
        try:
            self._table.transact(
                [
                    _over_seen(session),
                    (call_row(call, _ttl(session)), None, None),
                    (guard, mine, {"session": session.id}),
                ]
            )
        except ConditionFailed as error:
            if error.failed[-1]:
                raise CallTaken("That call is attached to another session.") from error
            raise _changed() from error
        return replace(session, version=session.version + 1)

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[str]:
        """Return the owner's session ids, newest first."""
        after = _decode(cursor, owner) if cursor else None
        rows, last = self._table.query_index("owner", "owner", owner, limit, newest_first=True, after=after)
        ids = tuple(row["pk"].removeprefix("SESSION#") for row in rows)
        return Page(ids, _encode(last) if last else None)


def session_row(session: Session) -> Row:
    """Return the row of a session: its fields, times as ISO text, what is deeper as JSON text."""
    row: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(session).items()
    }
    for name in JSON:
        row[name] = dumps(row[name]) if row[name] is not None else None
    return {**row, "pk": f"SESSION#{session.id}", "sk": "SESSION", "ttl": _ttl(session)}


def session_of(row: Row) -> Session:
    """Return the session of a row."""
    fields = {name: row[name] for name in Session.__dataclass_fields__ if name in row}
    for name in ("created_at", "updated_at", "ended_at"):
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    fields.update({name: loads(fields[name]) for name in JSON if name in fields})
    return Session(**fields)


def _over_seen(session: Session) -> tuple[Row, str, Row]:
    row = session_row(replace(session, version=session.version + 1))
    return row, SAME_VERSION, {"seen": session.version}


def _ttl(session: Session) -> int:
    return int((session.updated_at + timedelta(days=limits.SESSION_DAYS)).timestamp())


def _encode(last: Row) -> str:
    return urlsafe_b64encode(dumps([last["pk"], last["created_at"]]).encode()).decode()


def _decode(cursor: str, owner: str) -> Row:
    try:
        pk, created_at = map(str, loads(urlsafe_b64decode(cursor.encode())))
    except (ValueError, TypeError) as error:
        raise InvalidRequest("The cursor is not one of ours.") from error
    return {"pk": pk, "sk": "SESSION", "owner": owner, "created_at": created_at}


def _missing() -> NotFound:
    return NotFound("There is no such session.")


def _changed() -> SessionChanged:
    return SessionChanged("The session changed meanwhile. Repeat the request.", retry_after=1)
