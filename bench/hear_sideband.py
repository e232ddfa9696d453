"""Hear a call as the sideband does: its own follow, on stores in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sideband.deps import Deps, Shared
from sideband.follow import Follow
from sideband.metrics import Metrics
from sideband.socket import connector
from switchboard.domain.call import Call, Lease
from switchboard.domain.places import Places
from switchboard.domain.ports import Transcripts
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import Session
from switchboard.stores.memory import MemoryStores, MemoryTranscripts
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

HOST = "bench"
STAMPED = re.compile(r"\b\d{20}\b")


class Forgetting(MemoryTranscripts):
    """A table elsewhere: what is written takes no memory of this process, only the time of a request.

    Words that bear the time of their sending tell how long they took to get here.
    """

    def __init__(self, latency: float) -> None:
        super().__init__()
        self.writes = self.entries = 0
        self.metrics = Metrics()
        self._latency = latency
        self._chance = Random(3)
        self._last: dict[str, int] = {}

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Count what is written."""
        if self._latency:
            time.sleep(self._chance.uniform(self._latency / 4, self._latency))
        now, last = time.monotonic_ns(), self._last.get(lease.session_id, 0)
        self.writes += 1
        self.entries += len(entries)
        for stamp in map(int, STAMPED.findall(str(entries))):
            if stamp > last:  # a page is written whole: what is older was in it before
                self.metrics.lag((now - stamp) / 1e9)
                self._last[lease.session_id] = max(stamp, self._last.get(lease.session_id, 0))


def deps_of(url: str, stores: MemoryStores, transcripts: Transcripts) -> Deps:
    """Return a host's ports: those stores, and the upstream at that URL."""
    return Deps(
        sessions=stores.sessions,
        secrets=stores.secrets,
        calls=stores.calls,
        hosts=stores.hosts,
        transcripts=transcripts,
        audits=stores.audits,
        places=Places(stores.places, {}, lambda: datetime.now(UTC), lambda *_: None),
        realtime=OpenAIRealtime(OpenAIHttp(url, lambda: ApiKey("sk-bench"))),
        api_key=lambda: ApiKey("sk-bench"),
        transcription_model="gpt-live-transcribe",
        connect=connector(url),
        clock=lambda: datetime.now(UTC),
        chance=Random(1),
    )


class Sideband:
    """A follow for each call. Writes take up to `latency` seconds, and at least a quarter of it.

    Sessions and calls are stored in the beginning: such records are in the table, not in a host's memory.
    """

    def __init__(self, url: str, calls: int, latency: float) -> None:
        self._stores = MemoryStores()
        self._table = Forgetting(latency)
        self._shared = Shared(deps_of(url, self._stores, self._table), HOST)
        self._ready = [begun(number, self._stores) for number in range(calls)]

    async def hear(self, number: int) -> None:
        """Claim and follow."""
        call, session = self._ready[number]
        await Follow(call, self._stores.calls.claim(call, HOST), session, self._shared).run()

    def report(self) -> dict[str, float]:
        """Return the writes, their entries, and how long words took from their sending into the table."""
        told = {"writes": self._table.writes, "entries": self._table.entries}
        p99, self._table.metrics = self._table.metrics.lag_ms(), Metrics()
        return {**told, "durable_ms": p99}


hearing = Sideband


def begun(number: int, stores: MemoryStores) -> tuple[Call, Session]:
    """Return a call that nobody follows yet, and its session; both are stored."""
    now, name = datetime.now(UTC), f"sess_{number:032x}"
    secret = ClientSecret("ek_bench", now + timedelta(hours=1))
    session = Session(
        id=name,
        owner="guest:bench",
        mode="direct",
        model="gpt-realtime-2.1",
        voice="marin",
        transcription=True,
        base_instructions="",
        instructions="",
        secret_id=stores.secrets.add(name, 1, secret),
        created_at=now,
        updated_at=now,
    )
    stores.sessions.add(session)
    session = session.attach(f"rtc_{number}", now)
    call = Call(session.id, session.call_generation, f"rtc_{number}", now)
    stores.sessions.attach(session, call)
    return call, session
