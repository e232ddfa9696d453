"""A rig for tests of the sideband: hosts on memory stores, and the simulator behind real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from random import Random
from typing import Any, TypeVar

from sideband.deps import Deps, Shared
from sideband.host import Host
from sideband.queue import Message
from sideband.socket import connector
from switchboard.domain.call import Call
from switchboard.domain.places import Places
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import Session
from switchboard.domain.transcript import GAP, Item, merge_entries, order
from switchboard.stores.memory import MemoryStores
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

from dev.simulator.caller import Caller, finished
from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator

KEY = "sk-test"
T = TypeVar("T")


class MemoryQueue:
    """A queue of commands in memory; a message that was not deleted is not handed out again."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self.deleted: list[str] = []

    def put(self, body: str) -> None:
        self._messages.put(Message(body, body))

    def receive(self) -> Sequence[Message]:
        try:
            return [self._messages.get(timeout=0.05)]
        except Empty:
            return []

    def delete(self, message: Message) -> None:
        self.deleted.append(message.receipt)

    def give_back(self, message: Message) -> None:
        self._messages.put(message)


@dataclass
class Rig:
    """Stores, an upstream, and as many hosts as a test starts."""

    sim: Simulator
    caller: Caller
    stores: MemoryStores = field(default_factory=MemoryStores)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)

    def deps(self) -> Deps:
        http = OpenAIHttp(self.sim.base_url, lambda: ApiKey(KEY))
        deps = Deps(
            sessions=self.stores.sessions,
            secrets=self.stores.secrets,
            calls=self.stores.calls,
            hosts=self.stores.hosts,
            transcripts=self.stores.transcripts,
            audits=self.stores.audits,
            places=Places(self.stores.places, {}, lambda: datetime.now(UTC), lambda *_: None),
            realtime=OpenAIRealtime(http),
            api_key=lambda: ApiKey(KEY),
            transcription_model="gpt-live-transcribe",
            connect=connector(self.sim.base_url),
            clock=lambda: datetime.now(UTC),
            chance=Random(1),
        )
        return replace(deps, **self.overrides)

    def start(self, name: str, capacity: int = 100, queue: MemoryQueue | None = None) -> Host:
        """Start a host, on the common queue unless it is given its own."""
        host = Host(Shared(self.deps(), name), queue or self.queue, capacity)
        self.running[name] = asyncio.create_task(host.run())
        return host

    async def leave(self, host: Host) -> None:
        """Stop a host as SIGTERM does, and wait until it has left."""
        host.stop()
        await self.running.pop(host.id)

    async def kill(self, host: Host) -> None:
        """Stop a host dead: it beats, writes and reads no more."""
        task = self.running.pop(host.id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def session(self, name: str, *, transcription: bool = True) -> Session:
        """Store a session with a client secret that the upstream knows."""
        now = datetime.now(UTC)
        secret = await self.caller.mint(
            {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-live-transcribe"}}}}
        )
        expires_at = now + timedelta(seconds=600)
        secret_id = self.stores.secrets.add(name, 1, ClientSecret(secret, expires_at))
        session = Session(
            id=name,
            owner="guest:1",
            mode="direct",
            model="gpt-realtime-2.1",
            voice="marin",
            transcription=transcription,
            base_instructions="",
            instructions="",
            secret_id=secret_id,
            created_at=now,
            updated_at=now,
        )
        self.stores.sessions.add(session)
        return session

    def attach(self, session_id: str, call_id: str, *, hint: bool = True) -> Call:
        """Make the call current, as POST /session/call does."""
        now = datetime.now(UTC)
        session = self.stores.sessions.load(session_id).attach(call_id, now)
        call = Call(session_id, session.call_generation, call_id, now)
        self.stores.sessions.attach(session, call)
        if hint:
            self.hint("follow", session_id)
        return call

    def end(self, session_id: str) -> None:
        """End the session, as POST /session/{id}/end does."""
        session = self.stores.sessions.load(session_id)
        self.stores.sessions.save(session.end(datetime.now(UTC)))
        self.hint("end", session_id)

    def hint(self, kind: str, session_id: str) -> None:
        session = self.stores.sessions.load(session_id)
        self.queue.put(f'{{"type":"{kind}","sessionId":"{session_id}","generation":{session.generation}}}')

    def find(self, call: Call) -> Call:
        found = self.stores.calls.find(call.session_id, call.generation)
        assert found is not None
        return found

    def items(self, call: Call) -> list[Item]:
        """The transcript as a reader sees it."""
        pages = self.stores.transcripts.pages(call.session_id, call.generation)
        return order(merge_entries(entry for page in pages for entry in page.entries).items.values())

    async def truth(self, call: Call) -> list[tuple[str, str | None]]:
        """Ids and words of what was really said, in order."""
        told = await self.caller.truth(call.call_id)
        return [(item["item_id"], item["text"]) for item in told["transcript"]]

    def understood(self, call: Call) -> list[tuple[str, str | None]]:
        """The same as the table tells it, without the gaps."""
        items = self.items(call)
        return [(item.id, item.text or None) for item in items if not item.deleted and item.kind != GAP]

    async def plays(self, call: Call) -> None:
        """Wait until the call's script has ended and the table tells the truth about it."""
        await self.caller.truth(call.call_id, finished)
        wanted = await self.truth(call)
        try:
            await until(lambda: self.understood(call) == wanted)
        except TimeoutError:
            understood = self.understood(call)
            lacking = [line for line in wanted if line not in understood]
            raise AssertionError(f"not told: {lacking}; told: {understood}") from None

    def said(self, call: Call) -> list[str]:
        return [item.text for item in self.items(call) if item.kind == "message" and not item.deleted]


@asynccontextmanager
async def rig(**config: Any) -> AsyncIterator[Rig]:
    """A rig whose hosts are gone afterwards."""
    async with Simulator(SimulatorConfig(**config)).running() as sim, Caller(sim.url, KEY) as caller:
        made = Rig(sim, caller)
        try:
            yield made
        finally:
            for task in made.running.values():
                task.cancel()
            await asyncio.gather(*made.running.values(), return_exceptions=True)


async def until(condition: Callable[[], T], seconds: float = 20.0) -> T:
    """Return what the condition returns once that is true. Raise TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 (stores signal nothing)
            await asyncio.sleep(0.01)
        return found
