"""Write units for a finished item: conversations of several lengths through journal, writer and store.

Units are DynamoDB's own: one for each kilobyte begun of the row as it goes over the wire. The clock leaps, a
write takes 5 to 20 ms of it; the rest is the real thing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from json import loads
from random import Random
from typing import Any, cast
from zlib import decompress

from botocore.exceptions import ClientError
from sideband.deps import Shared
from sideband.follow import Follow
from sideband.line import Listener
from sideband.socket import Refused, Socket
from switchboard.domain.transcript import GAP, merge_entries, settled
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts
from switchboard.stores.memory import MemoryStores

from bench.figures import table, verdict
from bench.hear_sideband import HOST, begun, deps_of
from bench.leaping import After, in_leaps
from bench.script import conversation, items, timed

AIM = 1.3
"""Write units for a finished item, averaged over a conversation."""
START = datetime(2026, 1, 1, tzinfo=UTC)
KILOBYTE = 1024


@dataclass(slots=True)
class Meter:
    """In place of the SDK's client: counts units and throttles as told. Throttled requests cost nothing."""

    chance: Random
    throttled: float = 0.0
    units: int = 0
    writes: int = 0
    refused: int = 0
    pages: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Store one row."""
        if self.chance.random() < self.throttled:
            self.refused += 1
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
        row = request["Item"]
        self.writes += 1
        self.units += -(-size(row) // KILOBYTE)
        self.pages[row["sk"]["S"]] = row
        return {}


def size(row: Mapping[str, Mapping[str, Any]]) -> int:
    """Return a row's bytes as DynamoDB counts them: names, texts as UTF-8, numbers by half their digits."""
    total = 0
    for name, typed in row.items():
        ((kind, value),) = typed.items()
        length = len(value) // 2 + 2 if kind == "N" else len(value if kind == "B" else value.encode())
        total += len(name) + length
    return total


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: turns, how many times as many words as recorded, and the share of writes refused."""

    name: str
    turns: int
    stretch: int
    throttled: float = 0.0


TALKS = (
    Talk("replies of a dozen words", 24, 1),
    Talk("replies of 50 words", 24, 4),
    Talk("replies of 150 words", 24, 12),
    Talk("replies of 50 words, a third of the writes refused", 24, 4, 1 / 3),
)


class Recital:
    """An upstream that tells one talk, at its pace, to whoever attends; then the call is over."""

    def __init__(self, told: list[tuple[float, str]]) -> None:
        self._told = told

    async def connect(self, *_: Any) -> Socket:
        """Open the sideband. Raise Refused once the talk is over."""
        if not self._told:
            raise Refused(404)
        return self

    def attend(self, listener: Listener | None) -> None:
        """Begin to tell."""
        if listener is None:
            return
        loop, told, self._told = asyncio.get_running_loop(), self._told, []
        for moment, frame in told:
            loop.call_later(moment, listener.heard, frame.encode())
        loop.call_later(told[-1][0] + 5.0, listener.over, 1000)

    async def send(self, frame: bytes) -> None:
        """Need no telling."""

    async def close(self) -> None:
        """Be closed already."""


async def hold(talk: Talk) -> tuple[Meter, float]:
    """Return what the talk's writes came to, and the p99 from the end of an item to its write, in ms."""
    frames = conversation(talk.turns, talk.stretch)
    meter, chance, stores = Meter(Random(1), talk.throttled), Random(2), MemoryStores()
    store = DynamoTranscripts(Table(cast(Any, meter), "bench", _now), 86_400, _now)
    lane = After(lambda: chance.uniform(0.005, 0.020))
    deps = replace(deps_of("http://127.0.0.1:1", stores, store), connect=Recital(timed(frames)).connect)
    shared = Shared(deps, HOST, aside=lane, writes=lane, pulse=lane, polls=lane)
    call, session = begun(0, stores)
    await Follow(call, stores.calls.claim(call, HOST), session, shared).run()
    return meter, shared.metrics.lag_ms()


def kept(meter: Meter) -> int:
    """Return how many items the table has whole."""
    told = (
        loads(decompress(row["packed"]["B"]) if "packed" in row else row["entries"]["S"])
        for row in meter.pages.values()
    )
    found = merge_entries(chain.from_iterable(told)).items.values()
    return sum(settled(item) and item.kind != GAP for item in found)


def _now() -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def run(*, quick: bool = False, only: str | None = None) -> bool:
    """Print a table; return whether the aim is met. It takes a second, so `quick` changes nothing."""
    logging.disable(logging.ERROR)  # a refused write is told each time
    rows, met = [], True
    for talk in TALKS:
        if only and only not in talk.name:
            continue
        meter, lag = in_leaps(hold(talk))
        said = items(conversation(talk.turns, talk.stretch))
        a_item, lost = meter.units / said, said - kept(meter)
        met = met and a_item <= AIM and not lost
        figures = (str(said), str(meter.writes), str(meter.refused), str(meter.units), verdict(a_item, AIM))
        rows.append([talk.name, *figures, f"{lag:.0f} ms", str(lost)])
    head = ["conversation", "items", "writes", "refused", "units", "units an item", "p99 lag", "lost"]
    print(table(head, rows) + "\n")
    return met
