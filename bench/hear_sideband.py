"""Hear a call as the sideband does: its own follow, on stores in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sideband.deps import Deps, Shared
from sideband.follow import Follow
from sideband.socket import connector
from switchboard.domain.call import Call, Lease
from switchboard.domain.places import Places
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import Session
from switchboard.stores.memory import MemoryStores, MemoryTranscripts
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

HOST = "bench"


class Forgetting(MemoryTranscripts):
    """A table elsewhere: what is written takes no memory of this process, and no time."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = self.entries = 0

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Count what is written."""
        self.writes += 1
        self.entries += len(entries)


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
    """A follow for each call, and no other work of a host.

    Sessions and calls are stored in the beginning: such records are in the table, not in a host's memory.
    """

    def __init__(self, url: str, calls: int, table: str) -> None:
        self._stores = MemoryStores()
        self._table = Forgetting()
        self._shared = Shared(deps_of(url, self._stores, self._table), HOST)
        self._ready = [begun(number, self._stores) for number in range(calls)]

    async def listen(self) -> None:
        """Claim and follow all calls. Raise if one ends."""
        async with asyncio.TaskGroup() as group:
            for call, session in self._ready:
                group.create_task(self._hear(call, session))

    async def _hear(self, call: Call, session: Session) -> None:
        await Follow(call, self._stores.calls.claim(call, HOST), session, self._shared).run()
        raise RuntimeError("a call ended early")

    def report(self) -> dict[str, float]:
        """Return the writes and their entries."""
        return {"writes": self._table.writes, "entries": self._table.entries}


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
