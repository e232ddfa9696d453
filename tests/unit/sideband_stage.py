"""A stage for stories of many hosts, whose edges fail, and which die wherever they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import replace
from random import Random
from typing import Any
from weakref import WeakKeyDictionary

from sideband.follow import Follow
from sideband.host import Host
from sideband.socket import Socket
from switchboard.domain.call import Call, Lease
from switchboard.domain.secret import Credential
from switchboard.domain.session import Session
from switchboard.domain.transcript import Item, merge_entries, order

from tests.unit.sideband_edges import Edge, Hints, Pages, Wavering
from tests.unit.sideband_scene import SESSION
from tests.unit.sideband_truth import Upstream
from tests.unit.sideband_world import LeapingLoop, World, now

HOST: ContextVar[str] = ContextVar("host", default="")
AWAITS: Counter[str] = Counter()
"""Where in the sideband's source something was waiting when its host died, and how often."""


class TurningLoop(LeapingLoop):
    """Does a deed between two turns, wherever every task then waits: at the `turn`-th from `arm` on."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0
        self._deed: Callable[[], None] = lambda: None

    def arm(self, turn: int, deed: Callable[[], None]) -> None:
        self._left, self._deed = turn, deed

    @property
    def is_armed(self) -> bool:
        return self._left > 0

    def _run_once(self) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                self._deed()
        super()._run_once()  # type: ignore[misc]  # asyncio has no other place between two turns


class Stage:
    """Hosts, sessions and calls in leaps of time. `run` tells a story on it; `close` ends everything."""

    def __init__(self, seed: int = 1, sessions: int = 2, capacity: int = 10) -> None:
        self.loop = TurningLoop()
        self.loop.set_task_factory(self._made)
        asyncio.set_event_loop(self.loop)
        self.chance = Random(seed)
        self.upstream = Upstream(self.may_hang_up)
        self.queue = Hints()
        self.hosts: dict[str, tuple[Host, asyncio.Task[None], Edge]] = {}
        self.begun = 0
        self.leaving: dict[str, tuple[Host, asyncio.Task[None], Edge]] = {}
        self._graves: list[asyncio.Task[None]] = []
        self.calls: list[Call] = []
        self._capacity = capacity
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self.world: World = self.run(self._make(sessions))

    async def _make(self, sessions: int) -> World:
        world = World(upstream=self.upstream)  # type: ignore[arg-type]  # it needs no more of it than this
        world.stores.transcripts = Pages(self._excuse)
        for number in range(sessions):
            fresh = replace(SESSION, id=f"sess_{number}", call_id=None, generation=1, call_generation=0)
            world.stores.sessions.add(fresh)
        return world

    def _made(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        self._tasks[task] = HOST.get()
        return task

    def run(self, story: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(story)

    def start(self) -> str:
        """Start one more host; return its name."""

        async def start() -> str:
            self.begun += 1
            name = f"host_{self.begun}"
            HOST.set(name)
            edge = Edge(name, Random(self.chance.random()))
            shared = self.world.shared(name)
            for field in ("table", "spare", "writes", "polls", "live"):
                setattr(shared, field, Wavering(edge))
            shared.aside, shared.pulse = Wavering(edge, refuses=False), Wavering(edge, is_heart=True)

            async def connect(call_id: str, credential: Credential) -> Socket:
                await edge.alive()
                line = await self.upstream.connect(call_id, credential, name)
                await edge.alive()
                return line

            shared.deps = replace(shared.deps, connect=connect, chance=Random(self.chance.random()))
            host = Host(shared, self.queue, self._capacity)
            self.hosts[name] = host, asyncio.create_task(host.run()), edge
            return name

        name: str = self.run(start())
        return name

    def kill(self, name: str) -> None:
        """Cut a host off from the world, wherever it is; what it does from now on nobody sees."""
        host, task, edge = self.leaving.pop(name) if name in self.leaving else self.hosts.pop(name)
        edge.dead = True
        self._graves.append(task)  # the loop itself would forget who waits for ever
        self.upstream.died(name, self.loop.time(), _unsaved(host.roster.follows.values()))
        for task, owner in list(self._tasks.items()):
            if owner == name and not task.done():
                AWAITS.update(_suspended(task))

    def leave(self, name: str) -> asyncio.Task[None]:
        """Tell a host to leave; return what ends when it has."""
        host, task, edge = self.hosts.pop(name)
        self.leaving[name] = host, task, edge
        self.loop.call_soon(host.stop)
        return task

    def _excuse(self, lease: Lease) -> None:
        """What a refusing table keeps a host from writing until another has the pages is lost to both."""
        key, call = (lease.session_id, lease.generation), self.upstream.calls[lease.call_id]
        for name, (host, _, edge) in (self.hosts | self.leaving).items():
            if name != lease.host and key in host.roster.follows and edge.is_refused:
                call.unsaved |= _unsaved([host.roster.follows[key]])
                call.unsaved |= {item for line in call.lines if line.host == name for item in line.unread()}

    def session(self, name: str) -> Session:
        found: Session = self.world.stores.sessions.load(name)
        return found

    def stored(self, call: Call) -> Call:
        found = self.world.stores.calls.find(call.session_id, call.generation)
        assert found is not None
        return found

    def attach(self, name: str, hints: int = 1) -> Call:
        """A browser reports a new call, which replaces the one before."""

        async def attach() -> Call:
            session, call_id = self.session(name), f"rtc_{len(self.calls)}"
            self.upstream.begin(call_id)
            changed = session.attach(call_id, now())
            call = Call(name, changed.call_generation, call_id, now())
            self.world.stores.sessions.attach(changed, call)
            self.calls.append(call)
            self.queue.put(changed, "follow", hints)
            return call

        made: Call = self.run(attach())
        return made

    def end(self, name: str, hints: int = 1) -> None:
        """The session is ended."""

        async def end() -> None:
            session = self.session(name)
            if session.status != "ended" and session.call_id is not None:
                self.world.stores.sessions.save(session.end(now()))
                self.queue.put(session, "end", hints)

        self.run(end())

    def is_current(self, call: Call) -> bool:
        session = self.session(call.session_id)
        return session.status != "ended" and session.call_generation == call.generation

    def may_hang_up(self, call_id: str) -> bool:
        """Only what is over or replaced is hung up."""
        return not any(self.is_current(call) for call in self.calls if call.call_id == call_id)

    def items(self, call: Call) -> list[Item]:
        pages = self.world.stores.transcripts.pages(call.session_id, call.generation)
        return order(merge_entries(entry for page in pages for entry in page.entries).items.values())

    def close(self) -> None:
        """End every task."""

        async def end() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(end())
        self.loop.close()


def _unsaved(follows: Iterable[Follow]) -> set[str]:
    """Return the items whose newest words only their host has: a busy table is no defect."""
    writers = (follow._ear._writer for follow in follows)
    return {item.id for writer in writers if writer is not None for item in writer._journal.unsaved()}


def _suspended(task: asyncio.Task[Any]) -> list[str]:
    """Return where in the sideband a task waits, as file:line."""
    where = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        if frame is not None and "/sideband/" in frame.f_code.co_filename:
            where.append(f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}")
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
    return where[-1:]
