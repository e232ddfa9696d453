"""The rows of a table in which many calls wait for a host, and what it answers; nothing else is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.domain.call import PENDING_SHARDS, Call, pending_shard
from switchboard.domain.session import Session
from switchboard.stores.dynamodb.calls import call_row
from switchboard.stores.dynamodb.sessions import session_row
from switchboard.stores.dynamodb.wire import to_wire

AGE = timedelta(seconds=2)
"""Of a call when it is found: its command is late, and nobody thinks yet that it was talking unheard."""
PAGE_ROWS = 800
"""About a megabyte of calls, as much as one answer holds."""
INSTRUCTIONS = "You are the voice of a shop. Be brief, and kind to everybody who calls. " * 20
"""1.4 kB: with it a session's row is one read unit."""

PLACES = ("guest:bench/0/1", "fleet/0/1")

Row = dict[str, dict[str, Any]]


def session_of(number: int) -> Session:
    """Return the session of a call that has just begun: a relayed one, for which a host has the key."""
    begun = datetime.now(UTC) - AGE
    return Session(
        id=f"sess_{number:032x}",
        owner="guest:bench",
        mode="relay",
        model="gpt-realtime-2.1",
        voice="marin",
        transcription=True,
        base_instructions=INSTRUCTIONS,
        instructions=INSTRUCTIONS,
        secret_id="SECRET#00000001#bench",
        created_at=begun,
        updated_at=begun,
        call_generation=1,
        call_id=f"rtc_{number}",
    )


def call_of(number: int) -> Call:
    """Return its call, with a place of its guest's and one of the fleet's."""
    session = session_of(number)
    return Call(session.id, 1, f"rtc_{number}", session.created_at, places=PLACES)


class FarRows:
    """Answers requests. A call waits in the index of work until it is claimed, then it is its host's."""

    def __init__(self, calls: int) -> None:
        self._waiting: list[dict[str, int]] = [{} for _ in range(PENDING_SHARDS)]
        self._claimed: dict[str, tuple[int, str]] = {}
        self._beats: dict[str, Row] = {}
        for number in range(calls):
            name = session_of(number).id
            self._waiting[pending_shard(name)][name] = number

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of an operation, by its name in small letters."""
        if operation == "query":
            found, last = self._found(request)
            return {"Items": found, "Count": len(found), **({"LastEvaluatedKey": last} if last else {})}
        if operation == "getitem":
            row = self._row(request["Key"]["pk"]["S"], request["Key"]["sk"]["S"])
            return {"Item": row} if row else {}
        if operation == "updateitem":
            self._update(request)
        elif operation == "putitem" and request["Item"]["pk"]["S"] == "HOST":
            self._beats[request["Item"]["sk"]["S"]] = request["Item"]
        return {}

    def _row(self, pk: str, sk: str) -> Row | None:
        kind, _, name = pk.partition("#")
        if kind != "SESSION" or sk not in ("SESSION", "CALL#00000001"):
            return None
        number = int(name.removeprefix("sess_"), 16)
        return _wire(session_row(session_of(number))) if sk == "SESSION" else self._call(number)

    def _call(self, number: int) -> Row:
        call = call_of(number)
        row = call_row(call, int((call.created_at + timedelta(days=30)).timestamp()))
        _, host = self._claimed.get(call.session_id, (number, ""))
        return _wire({**row, "status": "followed", "host": host, "lease": 1} if host else row)

    def _update(self, request: Mapping[str, Any]) -> None:
        host = request["ExpressionAttributeValues"].get(":new_host")
        name = request["Key"]["pk"]["S"].partition("#")[2]
        number = self._waiting[pending_shard(name)].pop(name, None) if host else None
        if number is not None:
            self._claimed[name] = number, host["S"]

    def _found(self, request: Mapping[str, Any]) -> tuple[list[Row], Row | None]:
        values = request["ExpressionAttributeValues"]
        key = values.get(":pk", values.get(":value"))["S"]
        if key == "HOST":
            return list(self._beats.values()), None
        if request.get("IndexName") != "work":
            return [], None
        kind, _, name = key.partition("#")
        if kind == "PENDING":
            waiting = list(self._waiting[int(name)].values())[: request["Limit"]]
            return [self._call(number) for number in waiting], None
        return self._claims(request.get("ExclusiveStartKey"))

    def _claims(self, after: Row | None) -> tuple[list[Row], Row | None]:
        """Return a page of the calls that the host holds."""
        begin = int(after["due"]["S"]) if after else 0
        numbers = [number for number, _ in self._claimed.values()][begin : begin + PAGE_ROWS]
        end = begin + PAGE_ROWS
        last = _wire({"due": str(end)}) if end < len(self._claimed) else None
        return [self._call(number) for number in numbers], last


def _wire(row: Mapping[str, Any]) -> Row:
    return {name: to_wire(value) for name, value in row.items() if value is not None}
