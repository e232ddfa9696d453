"""Hear a call as the sideband does: its own follow, on stores in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sideband.deps import Deps, Shared
from sideband.follow import Follow
from sideband.socket import connector
from switchboard.domain.call import Call, Lease
from switchboard.domain.places import Places
from switchboard.domain.ports import Transcripts
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import Session
from switchboard.stores.memory import MemoryStores, MemoryTranscripts
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

from bench.hear_bare import Hear

HOST = "bench"


class Forgetting(MemoryTranscripts):
    """A table elsewhere: what is written takes no memory of this process, but its items are counted."""

    def __init__(self, counts: dict[str, int]) -> None:
        super().__init__()
        self._counts = counts

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Count what is written."""
        self._counts["writes"] += 1
        self._counts["entries"] += len(entries)


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


def hearing(port: int, calls: int, counts: dict[str, int]) -> Hear:
    """Return how to follow one of so many calls; writes and their entries are counted in `counts`.

    Sessions and calls are stored now: such records are in the table, not in a host's memory.
    """
    counts.update(writes=0, entries=0)
    stores = MemoryStores()
    shared = Shared(deps_of(f"http://127.0.0.1:{port}", stores, Forgetting(counts)), HOST)
    ready = [begun(number, stores) for number in range(calls)]

    async def hear(number: int) -> None:
        call, session = ready[number]
        await Follow(call, stores.calls.claim(call, HOST), session, shared).run()

    return hear


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
