"""Sessions in the one table (drawn in `switchboard.stores.dynamodb.table`): a row for each turn.

The table's calls block, so they run in threads. A turn and its session's counters are one transaction; of
two that meet on a session one tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from json import dumps, loads
from random import uniform
from secrets import token_hex
from typing import Any, TypeVar

from switchboard.agent import limits
from switchboard.agent.stores.backend import COUNTERS, Kept, Record
from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.table import ConditionFailed, Gain, Row, Table

Value = TypeVar("Value")
NEW = "attribute_not_exists(pk)"
THERE = "attribute_exists(pk)"
SAME_EPOCH = "epoch = :epoch"
KINDS = ("SESSION", "TURN#", "PART#", "AUDIT#", "RATE#")
# A row that has expired is in nobody's way, even before DynamoDB removes it.
NEW_OR_EXPIRED = f"{NEW} OR lives_until <= :now"


class DynamoBackend:
    """The contract on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def open(self, session_id: str, owner: str, now: datetime, expires: int) -> Record:
        """Return the session; one that does not exist is made first."""
        return await _do(partial(self._open, session_id, owner, now, expires))

    async def find(self, session_id: str) -> Record | None:
        """Return the session unless it is missing or has expired."""
        row = await _do(partial(self._table.get, _pk(session_id), "SESSION"))
        return _record(session_id, row) if row else None

    async def append(
        self, session_id: str, epoch: int, turns: Sequence[Kept], gains: Mapping[str, int], now: datetime
    ) -> bool:
        """Store turns and count them, all or none."""
        return await _do(partial(self._append, session_id, epoch, turns, gains, now))

    async def amend(self, session_id: str, epoch: int, turns: Sequence[Kept]) -> None:
        """Store turns anew that are there."""
        await asyncio.gather(*(_do(partial(self._amend, session_id, epoch, turn)) for turn in turns))

    async def take(self, session_id: str, epoch: int) -> Kept | None:
        """Remove the newest turn and return it."""
        return await _do(partial(self._take, session_id, epoch))

    async def read(self, session_id: str, epoch: int, limit: int, before: str | None = None) -> list[Kept]:
        """Return up to `limit` turns, newest first."""
        return await _do(partial(self._read, session_id, epoch, limit, before))

    async def save_digest(self, session_id: str, epoch: int, digest: bytes, key: str, seen: str) -> bool:
        """Store the digest up to `key`."""
        return await _do(partial(self._save_digest, session_id, epoch, digest, key, seen))

    async def clear(self, session_id: str, now: datetime) -> None:
        """Forget all turns and the digest: at once by the epoch, then row by row."""
        await _do(partial(self._clear, session_id, now))

    async def delete(self, session_id: str) -> None:
        """Forget the session and every row of it."""
        for kind in KINDS:  # the session first: nothing can be added from then on
            await _do(partial(self._remove, session_id, kind))

    async def hit(self, session_id: str, window: int, expires: int) -> int:
        """Count one more query in that window."""
        gain = Gain(_pk(session_id), f"RATE#{window:012d}", {"hits": 1}, {"ttl": expires})
        row = await _do(partial(self._table.add, gain))
        return int(row["hits"])

    async def note(self, session_id: str, event: Mapping[str, Any], expires: int) -> None:
        """Keep an audit event."""
        key = f"AUDIT#{event['at']}#{token_hex(4)}"
        row: Row = {"pk": _pk(session_id), "sk": key, "ttl": expires, "event": dumps(dict(event))}
        await _do(partial(self._table.put, row))

    async def notes(self, session_id: str) -> list[dict[str, Any]]:
        """Return the audit events in order."""
        rows = await _do(lambda: list(self._table.query(_pk(session_id), "AUDIT#")))
        return [loads(row["event"]) for row in rows]

    def _open(self, session_id: str, owner: str, now: datetime, expires: int) -> Record:
        row: Row = {"pk": _pk(session_id), "sk": "SESSION", "owner_id": owner, "epoch": 0}
        row |= {"ttl": expires, "lives_until": expires}
        row["opened_at"] = row["updated_at"] = now.isoformat()
        try:
            self._table.put(row, NEW_OR_EXPIRED, {"now": int(now.timestamp())})
        except ConditionFailed:
            row = self._table.get(_pk(session_id), "SESSION") or row
        return _record(session_id, row)

    def _append(
        self, session_id: str, epoch: int, turns: Sequence[Kept], gains: Mapping[str, int], now: datetime
    ) -> bool:
        rows = [_rows(session_id, epoch, turn) for turn in turns]
        last = turns[-1].expires
        alive: Row = {"updated_at": now.isoformat(), "ttl": last, "lives_until": last}
        values: Row = {"epoch": epoch, "now": int(now.timestamp())}
        condition = f"{SAME_EPOCH} AND lives_until > :now"
        counted = Gain(_pk(session_id), "SESSION", gains, alive, condition, values)
        for part in (part for _, parts in rows for part in parts):
            self._table.put(part)
        try:
            self._table.transact([(head, NEW, None) for head, _ in rows], [counted])
        except ConditionFailed as error:
            return error.failed[0] and not error.failed[-1]
        return True

    def _amend(self, session_id: str, epoch: int, turn: Kept) -> None:
        head, parts = _rows(session_id, epoch, turn)
        for part in parts:
            self._table.put(part)
        try:
            self._table.put(head, THERE)
        except ConditionFailed:
            return  # cleared meanwhile

    def _take(self, session_id: str, epoch: int) -> Kept | None:
        prefix = f"TURN#{epoch:08d}#"
        for turn in self._read(session_id, epoch, limits.ROWS_AT_A_TIME, None):
            try:
                self._table.delete(_pk(session_id), prefix + turn.key, THERE)
            except ConditionFailed:
                continue  # somebody else has taken it
            self._remove(session_id, f"PART#{epoch:08d}#{turn.key}#")
            return turn
        return None

    def _read(self, session_id: str, epoch: int, limit: int, before: str | None) -> list[Kept]:
        prefix = f"TURN#{epoch:08d}#"
        page = limit if limit <= limits.ROWS_AT_A_TIME else None
        after = None if before is None else prefix + before
        rows = self._table.query(_pk(session_id), prefix, newest_first=True, page=page, after=after)
        return [self._kept(row, prefix) for row in islice(rows, limit)]

    def _kept(self, row: Row, prefix: str) -> Kept:
        """Return the turn of its head row and, where it has some, of its parts."""
        blob: bytes = row["turn"]
        if row["parts"]:
            rows = self._table.query(row["pk"], row["sk"].replace("TURN#", "PART#", 1) + "#")
            blob = b"".join([blob, *(part["turn"] for part in rows)])
        return Kept(row["sk"].removeprefix(prefix), blob, row["ttl"])

    def _save_digest(self, session_id: str, epoch: int, digest: bytes, key: str, seen: str) -> bool:
        same = "digest_key = :seen" if seen else "attribute_not_exists(digest_key)"
        values: Row = {"epoch": epoch, "seen": seen} if seen else {"epoch": epoch}
        changes: Row = {"digest": digest, "digest_key": key}
        try:
            self._table.update(_pk(session_id), "SESSION", changes, f"{SAME_EPOCH} AND {same}", values)
        except ConditionFailed:
            return False
        return True

    def _clear(self, session_id: str, now: datetime) -> None:
        changes: Row = {"updated_at": now.isoformat(), "turns": 0, "digest": None, "digest_key": None}
        try:
            row = self._table.add(Gain(_pk(session_id), "SESSION", {"epoch": 1}, changes, THERE))
        except ConditionFailed:
            return
        for kind in ("TURN#", "PART#"):
            current = f"{kind}{row['epoch']:08d}#"
            self._remove(session_id, kind, spare=current)

    def _remove(self, session_id: str, prefix: str, spare: str = "-") -> None:
        rows = self._table.query(_pk(session_id), prefix)
        self._table.delete_all([(row["pk"], row["sk"]) for row in rows if not row["sk"].startswith(spare)])


def _pk(session_id: str) -> str:
    return f"AGENT#{session_id}"


def _rows(session_id: str, epoch: int, turn: Kept) -> tuple[Row, list[Row]]:
    """Return a turn's row, and the rows for what it cannot hold: they are written first and read last."""
    name = f"{epoch:08d}#{turn.key}"
    size = limits.ROW_BYTES
    rest = [turn.blob[start : start + size] for start in range(size, len(turn.blob), size)]
    common: Row = {"pk": _pk(session_id), "ttl": turn.expires}
    head = {**common, "sk": f"TURN#{name}", "turn": turn.blob[:size], "parts": len(rest)}
    parts = [
        {**common, "sk": f"PART#{name}#{number:04d}", "turn": piece} for number, piece in enumerate(rest)
    ]
    return head, parts


def _record(session_id: str, row: Row) -> Record:
    return Record(
        id=session_id,
        owner=row["owner_id"],
        epoch=row["epoch"],
        created_at=datetime.fromisoformat(row["opened_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        counters={name: row[name] for name in COUNTERS if name in row},
        digest=row.get("digest"),
        digest_key=row.get("digest_key", ""),
    )


async def _do(work: Callable[[], Value]) -> Value:
    """Run blocking work in a thread; try again, a little later each time, when the table is busy."""
    pause = limits.STORE_PAUSE
    until = asyncio.get_running_loop().time() + limits.STORE_SECONDS
    for tries_left in reversed(range(limits.STORE_TRIES)):
        try:
            return await asyncio.to_thread(work)
        except Throttled:
            if not tries_left or asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(uniform(pause / 2, pause))
            pause *= 2
    raise AssertionError("the last try returns or raises")
