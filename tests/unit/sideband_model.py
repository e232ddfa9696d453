"""A model of hosts, calls and what is said on them, for Hypothesis to find a history in which a word is lost.

`python -m tests.unit.sideband_model 500` explores that many histories and tells how many there were.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sideband.host import Host
from sideband.queue import Message
from sideband.socket import Refused, Socket
from switchboard.domain.call import Call
from switchboard.domain.errors import LeaseLost
from switchboard.domain.secret import Credential
from switchboard.domain.session import Session
from switchboard.domain.transcript import GAP, Item, merge_entries, order

from tests.unit.sideband_events import error, heard, reply, retrieved
from tests.unit.sideband_scene import SESSION
from tests.unit.sideband_world import FakeSocket, LeapingLoop, Lingering, World, now

SESSIONS = ("sess_1", "sess_2")
EXPLORED: Counter[str] = Counter()
Said = list[tuple[str, str]]


class Line(FakeSocket):
    """A sideband on a call of the model."""

    def __init__(self, credential: Credential, said: Said) -> None:
        super().__init__(credential)
        self.awake = False
        self._said = said

    async def send(self, frame: bytes) -> None:
        await super().send(frame)
        event = self.sent[-1]
        if event["type"] == "session.update":
            self.awake = True
        elif event["type"] == "conversation.item.retrieve":
            words = dict(self._said).get(event["item_id"])
            if words is None:
                self.say(error(event["event_id"], "item_not_found"))
            else:
                self.say(retrieved(event["item_id"], words))


@dataclass
class ModelUpstream:
    """Calls by id: what was truly said on each, and the sidebands that hear it."""

    said: dict[str, Said] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    async def connect(self, call_id: str, credential: Credential) -> Socket:
        await asyncio.sleep(0.01)
        if call_id in self.over or call_id not in self.said:
            raise Refused(404)
        line = Line(credential, self.said[call_id])
        self.lines.setdefault(call_id, []).append(line)
        return line

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        self.over.add(call_id)
        self.drop(call_id, 1000)

    def drop(self, call_id: str, code: int) -> None:
        for line in self.lines.pop(call_id, []):
            line.hang(code)

    def speak(self, call_id: str, twice: bool) -> None:
        said = self.said[call_id]
        previous = said[-1][0] if said else None
        name = f"{call_id}_item{len(said)}"
        said.append((name, f"Words {len(said)}."))
        tell = heard if len(said) % 2 else reply
        for line in self.lines.get(call_id, []):
            if line.awake and not line.closed:
                for _ in range(1 + twice):
                    line.say(*tell(name, previous, said[-1][1]))


class Hints:
    """A queue that hands out what was put in."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def receive(self) -> list[Message]:
        bodies, self.bodies = self.bodies, []
        return [Message(body, body) for body in bodies]

    def delete(self, message: Message) -> None:
        """Handled."""

    def give_back(self, message: Message) -> None:
        self.bodies.append(message.body)


class SidebandModel(RuleBasedStateMachine):
    """Whatever happens in whatever order: one current call, and no acknowledged item lost or doubled."""

    def __init__(self) -> None:
        super().__init__()
        EXPLORED["histories"] += 1
        self.loop = LeapingLoop()
        asyncio.set_event_loop(self.loop)
        self.upstream = ModelUpstream()
        self.queue = Hints()
        self.hosts: dict[str, tuple[Host, asyncio.Task[None]]] = {}
        self.begun = 0
        self.calls: list[Call] = []
        self.durable: dict[str, dict[str, str]] = {}
        self.world: Any = self.run(self._make())
        self._start()

    async def _make(self) -> World:
        world = World(upstream=self.upstream)  # type: ignore[arg-type]  # it needs no more of it than this
        for name in SESSIONS:
            fresh = replace(SESSION, id=name, call_id=None, generation=1, call_generation=0)
            world.stores.sessions.add(fresh)
        return world

    def run(self, story: Any) -> Any:
        return self.loop.run_until_complete(story)

    def _start(self) -> None:
        async def start() -> None:
            self.begun += 1
            shared = self.world.shared(f"host_{self.begun}")
            shared.polls = Lingering()
            host = Host(shared, self.queue, 10)
            self.hosts[shared.host] = host, asyncio.create_task(host.run())

        self.run(start())

    def _session(self, name: str) -> Session:
        found: Session = self.world.stores.sessions.load(name)
        return found

    def _hint(self, session: Session, kind: str, times: int) -> None:
        body = orjson.dumps(
            {"type": kind, "sessionId": session.id, "generation": session.generation}
        ).decode()
        self.queue.bodies += [body] * times

    @rule(name=st.sampled_from(SESSIONS), hints=st.integers(0, 2))
    def attach_or_renew(self, name: str, hints: int) -> None:
        """A browser reports a new call, which replaces the one before."""
        session = self._session(name)
        if session.status == "ended":
            return

        async def attach() -> None:
            call_id = f"rtc_{len(self.calls)}"
            self.upstream.said[call_id] = []
            changed = session.attach(call_id, now())
            call = Call(name, changed.call_generation, call_id, now())
            self.world.stores.sessions.attach(changed, call)
            self.calls.append(call)
            self._hint(changed, "follow", hints)

        self.run(attach())

    @rule(name=st.sampled_from(SESSIONS), hints=st.integers(0, 2))
    def end(self, name: str, hints: int) -> None:
        """The session is ended."""

        async def end() -> None:
            session = self._session(name)
            if session.status != "ended" and session.call_id is not None:
                self.world.stores.sessions.save(session.end(now()))
                self._hint(session, "end", hints)

        self.run(end())

    @rule(name=st.sampled_from(SESSIONS), kind=st.sampled_from(("follow", "end")))
    def repeat_a_command(self, name: str, kind: str) -> None:
        """A command comes again, or late, or was never meant."""
        self._hint(self._session(name), kind, 1)

    @rule(which=st.integers(0, 50), times=st.integers(1, 4), twice=st.booleans())
    def speak(self, which: int, times: int, twice: bool) -> None:
        """Something is said on a call, and each event is told once or twice."""
        live = [call for call in self.calls if call.call_id not in self.upstream.over]
        for _ in range(times if live else 0):
            self.upstream.speak(live[which % len(live)].call_id, twice)

    @rule(which=st.integers(0, 50), code=st.sampled_from((1000, 1001, 1006)))
    def drop(self, which: int, code: int) -> None:
        """A call's connections break."""
        if self.calls:
            self.upstream.drop(self.calls[which % len(self.calls)].call_id, code)

    @rule(which=st.integers(0, 50))
    def lose_the_lease(self, which: int) -> None:
        """Somebody takes the lease, and dies before it does anything."""
        if not self.calls:
            return
        call = self.calls[which % len(self.calls)]
        stored = self.world.stores.calls.find(call.session_id, call.generation)
        try:
            self.world.stores.calls.claim(stored, "host_dead")
        except LeaseLost:
            return

    @rule()
    def start(self) -> None:
        """One more host."""
        if len(self.hosts) < 3:
            self._start()

    @rule(which=st.integers(0, 5), turns=st.integers(0, 40))
    def crash(self, which: int, turns: int) -> None:
        """A host dies after so many turns of the loop, at whatever it awaits."""
        if not self.hosts:
            return
        _, task = self.hosts.pop(sorted(self.hosts)[which % len(self.hosts)])

        async def die() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.run(die())

    @rule(which=st.integers(0, 5))
    def leave(self, which: int) -> None:
        """A host is told to leave."""
        if self.hosts:
            host, task = self.hosts.pop(sorted(self.hosts)[which % len(self.hosts)])
            host.stop()
            self.run(asyncio.wait_for(task, 60))

    @rule(seconds=st.sampled_from((0.01, 0.3, 1.0, 3.0, 12.0)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.run(asyncio.sleep(seconds))

    @invariant()
    def no_acknowledged_item_is_lost_or_doubled(self) -> None:
        EXPLORED["steps"] += 1
        for call in self.calls:
            shown = [item for item in self._items(call) if item.kind != GAP]
            names = [item.id for item in shown]
            said = dict(self.upstream.said[call.call_id])
            assert len(names) == len(set(names)), "an item is doubled"
            assert set(names) <= set(said), "an item was never said"
            known = self.durable.setdefault(call.call_id, {})
            words = {item.id: item.text for item in shown if item.text}
            assert known.items() <= words.items(), "an acknowledged item is lost"
            assert all(said[name] == text for name, text in words.items())
            placed = [int(item.id.rpartition("item")[2]) for item in shown if item.previous is not None]
            assert placed == sorted(placed), "items stand out of order"
            known |= words

    def teardown(self) -> None:
        """In the end a host brings everything into order, and what is not there shows as a gap."""
        try:
            if not self.hosts:
                self._start()
            self.run(asyncio.sleep(150))
            self.no_acknowledged_item_is_lost_or_doubled()
            for call in self.calls:
                self._is_settled(call)
        finally:
            self.run(self._kill_all())
            self.loop.close()

    def _is_settled(self, call: Call) -> None:
        session = self._session(call.session_id)
        stored = self.world.stores.calls.find(call.session_id, call.generation)
        current = session.status != "ended" and session.call_generation == call.generation
        assert (stored.status == "followed") is (current and call.call_id not in self.upstream.over), stored
        if stored.attached_at is None:
            return
        shown = self._items(call)
        lacking = {name for name, _ in self.upstream.said[call.call_id]} - {item.id for item in shown}
        assert not lacking or any(item.status == "lost" for item in shown) or stored.lease == 1, lacking

    async def _kill_all(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _items(self, call: Call) -> list[Item]:
        pages = self.world.stores.transcripts.pages(call.session_id, call.generation)
        return order(merge_entries(entry for page in pages for entry in page.entries).items.values())


def explore(histories: int, steps: int = 25) -> Counter[str]:
    """Explore so many histories; return how many there were, and their steps. Raise AssertionError."""
    EXPLORED.clear()
    run_state_machine_as_test(
        SidebandModel,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            derandomize=histories <= 50,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return EXPLORED


if __name__ == "__main__":
    with redirect_stdout(io.StringIO()):  # the hosts tell their metrics
        found = explore(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    sys.stdout.write(
        f"{found['histories']} histories explored, {found['steps']} steps; each kept what it acknowledged\n"
    )
