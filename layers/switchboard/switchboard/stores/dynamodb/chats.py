"""Chat sessions and their events in the table."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from json import dumps, loads
from re import fullmatch
from typing import Any
from zlib import crc32

from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_session import ChatEvent, ChatSession, Holding, UpstreamChat
from switchboard.domain.errors import InvalidRequest, NotFound, SessionChanged
from switchboard.domain.ports.paging import Page
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

NEW = "attribute_not_exists(pk)"
SAME_VERSION = "version = :seen"
TIMES = ("created_at", "expires_at", "ended_at", "escalated_at")
CURSOR = "chat_[0-9a-f]{44}"


class DynamoChats:
    """The chat sessions: one row each beneath their owner; their ids sort by time."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, chat: ChatSession) -> None:
        """Store a new one."""
        self._table.put(chat_row(chat), NEW)

    def get(self, chat_id: str, owner: str) -> ChatSession:
        """Return it as stored. Raise NotFound if it is missing or another's."""
        row = self._table.get(f"CHATS#{owner}", f"CHAT#{chat_id}")
        if row is None:
            raise NotFound("There is no such chat session.")
        return chat_of(row)

    def save(self, chat: ChatSession, event: ChatEvent | None = None) -> ChatSession:
        """Store the changed one, and the event that changed it: both or none."""
        puts = [over_seen(chat)]
        if event:
            puts.append((event_row(event), None, None))
        try:
            self._table.transact(puts)
        except ConditionFailed as error:
            raise SessionChanged("The chat session changed meanwhile.", retry_after=1) from error
        return replace(chat, version=chat.version + 1)

    def add_event(self, chat: ChatSession, event: ChatEvent) -> None:
        """Keep an event; the same again changes nothing."""
        self._table.put(event_row(event))

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[ChatSession]:
        """Return the owner's, newest first."""
        rows = self._table.query(
            f"CHATS#{owner}",
            "CHAT#",
            newest_first=True,
            page=limit + 1,
            after=f"CHAT#{_decode(cursor)}" if cursor else None,
        )
        chats = [chat_of(row) for row, _ in zip(rows, range(limit + 1), strict=False)]
        more = len(chats) > limit
        return Page(tuple(chats[:limit]), _encode(chats[limit - 1].id) if more else None)

    def list_events(self, chat_id: str) -> tuple[ChatEvent, ...]:
        """Return what happened in it, oldest first."""
        return tuple(map(_event_of, self._table.query(f"CHATLOG#{chat_id}", "EVENT#")))

    def list_due(self, now: datetime, limit: int) -> Iterator[ChatSession]:
        """Yield up to `limit` of each shard that want looking at, the longest due first."""
        for shard in range(limits.SHARDS):
            rows, _ = self._table.query_index(
                "work", "work", f"CHAT#{shard}", limit, until=("due", _instant(now))
            )
            yield from map(chat_of, rows)

    def count_active(self) -> int:
        """Return how many are active or have something left to settle upstream."""
        return sum(self._table.count_index("work", "work", f"CHAT#{shard}") for shard in range(limits.SHARDS))


def chat_row(chat: ChatSession) -> Row:
    """Return the row of a chat session; while there is something to do for it, it is in the index of work."""
    row: dict[str, Any] = {name: getattr(chat, name) for name in ChatSession.__dataclass_fields__}
    row.update({name: _text(row[name]) for name in TIMES})
    row["metadata"] = dumps(chat.metadata)
    row["holdings"] = dumps([[each.holder, _text(each.since), each.event_id] for each in chat.holdings])
    row["upstream"] = dumps(
        {name: _text(value) for name, value in asdict(chat.upstream).items()}, default=str
    )
    row["pk"], row["sk"] = f"CHATS#{chat.owner}", f"CHAT#{chat.id}"
    row["ttl"] = int(((chat.ended_at or chat.expires_at) + timedelta(days=limits.CHAT_DAYS)).timestamp())
    del row["owner"]  # the name of an index's key, which lists sessions of another kind
    if chat.due:
        row["work"] = f"CHAT#{crc32(chat.id.encode()) % limits.SHARDS}"
        row["due"] = _instant(chat.due)
    return row


def chat_of(row: Row) -> ChatSession:
    """Return the chat session of a row."""
    fields = {name: row[name] for name in ChatSession.__dataclass_fields__ if name in row}
    fields.update({name: datetime.fromisoformat(fields[name]) for name in TIMES if name in fields})
    upstream = loads(row["upstream"])
    for name in ("since", "expires_at"):
        upstream[name] = datetime.fromisoformat(upstream[name]) if upstream[name] else None
    holdings = loads(row["holdings"])
    return ChatSession(
        **{
            **fields,
            "owner": row["pk"].removeprefix("CHATS#"),
            "metadata": loads(row["metadata"]),
            "upstream": UpstreamChat(**upstream),
            "holdings": tuple(Holding(who, datetime.fromisoformat(at), event) for who, at, event in holdings),
        }
    )


def over_seen(chat: ChatSession) -> tuple[Row, str | None, Row | None]:
    """Return the write of a changed chat session, on condition that nobody else has changed it."""
    return chat_row(replace(chat, version=chat.version + 1)), SAME_VERSION, {"seen": chat.version}


def event_row(event: ChatEvent) -> Row:
    """Return the row of an event."""
    return {
        "pk": f"CHATLOG#{event.session_id}",
        "sk": f"EVENT#{_instant(event.created_at)}#{event.id}",
        "id": event.id,
        "session_id": event.session_id,
        "type": event.type,
        "payload": dumps(event.payload),
        "created_at": event.created_at.isoformat(),
        "ttl": int((event.created_at + timedelta(days=limits.CHAT_DAYS)).timestamp()),
    }


def _event_of(row: Row) -> ChatEvent:
    payload, created_at = loads(row["payload"]), datetime.fromisoformat(row["created_at"])
    return ChatEvent(row["id"], row["session_id"], row["type"], payload, created_at)


def _instant(moment: datetime) -> str:
    """Return a time in a form that sorts: always with microseconds."""
    return moment.isoformat(timespec="microseconds")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _encode(chat_id: str) -> str:
    return urlsafe_b64encode(chat_id.encode()).decode()


def _decode(cursor: str) -> str:
    try:
        chat_id = urlsafe_b64decode(cursor.encode()).decode()
    except ValueError as error:
        raise InvalidRequest("The cursor is not one of ours.") from error
    if not fullmatch(CURSOR, chat_id):
        raise InvalidRequest("The cursor is not one of ours.")
    return chat_id
