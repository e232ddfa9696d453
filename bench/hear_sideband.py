"""Hear a call as the sideband does: its own follow, on stores in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

from botocore.session import Session as AwsSession
from sideband.deps import Deps, Shared
from sideband.follow import Follow
from sideband.metrics import Metrics
from sideband.socket import connector
from switchboard.domain.call import Call, Lease
from switchboard.domain.places import Places
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import Session
from switchboard.stores.dynamodb.direct import Direct
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts
from switchboard.stores.memory import MemoryStores, MemoryTranscripts
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

HOST = "bench"
READ_S = 10.0
STAMPED = re.compile(r"\b\d{20}\b")


class Forgetting(MemoryTranscripts):
    """A table elsewhere: what is written takes no memory of this process, only the time of a request.

    Words that bear the time of their sending tell how long they took to get there.
    """

    def __init__(self, far: Transcripts | None) -> None:
        super().__init__()
        self.writes = self.entries = 0
        self.metrics = Metrics()
        self._far = far
        self._last: dict[str, int] = {}

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Count what is written."""
        if self._far is not None:
            self._far.write(lease, number, revision, entries)
        now, last = time.monotonic_ns(), self._last.get(lease.session_id, 0)
        self.writes += 1
        self.entries += len(entries)
        for stamp in map(int, STAMPED.findall(str(entries))):
            if stamp > last:  # a page is written whole: what is older was in it before
                self.metrics.lag((now - stamp) / 1e9)
                self._last[lease.session_id] = max(stamp, self._last.get(lease.session_id, 0))


def far_table(url: str) -> Transcripts:
    """Return the transcripts of a table at that URL, written to as a host does."""
    session = AwsSession()
    session.set_credentials("bench", "bench")
    client = session.create_client("dynamodb", region_name="us-east-1", endpoint_url=url)
    direct = cast(Any, Direct(cast(Any, client), session.get_credentials(), READ_S))
    return DynamoTranscripts(Table(direct, "bench", now), 86_400, now)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def deps_of(url: str, stores: MemoryStores, transcripts: Transcripts) -> Deps:
    """Return a host's ports: those stores, and the upstream at that URL."""
    return Deps(
        sessions=stores.sessions,
        secrets=stores.secrets,
        calls=stores.calls,
        hosts=stores.hosts,
        transcripts=transcripts,
        audits=stores.audits,
        places=Places(stores.places, {}, now, lambda *_: None),
        realtime=OpenAIRealtime(OpenAIHttp(url, lambda: ApiKey("sk-bench"))),
        api_key=lambda: ApiKey("sk-bench"),
        transcription_model="gpt-live-transcribe",
        connect=connector(url),
        clock=now,
        chance=Random(1),
    )


class Sideband:
    """A follow for each call. `table` is the URL of one that keeps what is written, `-` for none.

    Sessions and calls are stored in the beginning: such records are in the table, not in a host's memory.
    """

    def __init__(self, url: str, calls: int, table: str) -> None:
        self._stores = MemoryStores()
        self._table = Forgetting(None if table == "-" else far_table(table))
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
    begun_at, name = now(), f"sess_{number:032x}"
    secret = ClientSecret("ek_bench", begun_at + timedelta(hours=1))
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
        created_at=begun_at,
        updated_at=begun_at,
    )
    stores.sessions.add(session)
    session = session.attach(f"rtc_{number}", begun_at)
    call = Call(session.id, session.call_generation, f"rtc_{number}", begun_at)
    stores.sessions.attach(session, call)
    return call, session
