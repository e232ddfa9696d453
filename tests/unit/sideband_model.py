"""A model of hosts, calls and talk, for Hypothesis to find a history in which a word is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sideband import limits
from sideband.ear import CLEAN
from switchboard.domain.errors import LeaseLost

from tests.unit.sideband_proof import Proof, small_pages
from tests.unit.sideband_stage import Stage
from tests.unit.sideband_truth import Said

EXPLORED: Counter[str] = Counter()
WHICH = st.integers(0, 20)
AFTER = st.integers(0, 3)
"""Sentences that are said right after something broke."""
SESSIONS = st.sampled_from(("sess_0", "sess_1", "sess_2"))
CALLS_MAX = 8
REFUSED = st.sampled_from((0.0, 0.3, 0.5))
HOW = st.sampled_from(("plain", "plain", "twice", "swapped"))


class SidebandModel(RuleBasedStateMachine):
    """Whatever happens in whatever order: one current call, and nothing is lost, doubled or out of order."""

    stage: Stage

    @initialize(seed=st.integers(0, 999))
    def begin(self, seed: int) -> None:
        EXPLORED["histories"] += 1
        self.stage = Stage(seed, sessions=3)
        self.proof = Proof(self.stage)
        self.unfinished: list[tuple[str, Said]] = []
        self.stage.start()
        self.attach_or_renew("sess_0", 1, 1.0)

    def _live(self) -> list[str]:
        return [call_id for call_id, call in self.stage.upstream.calls.items() if not call.is_over]

    def _host(self, which: int) -> str:
        return sorted(self.stage.hosts)[which % len(self.stage.hosts)]

    @rule(name=SESSIONS, hints=st.integers(0, 2), silence=st.sampled_from((0.0, 0.5, 3.0)))
    def attach_or_renew(self, name: str, hints: int, silence: float) -> None:
        """A browser reports a new call, which replaces the one before, and is silent at first."""
        if self.stage.session(name).status != "ended" and len(self.stage.calls) < CALLS_MAX:
            self.stage.attach(name, hints)
            self.stage.run(asyncio.sleep(silence))

    @rule(name=SESSIONS, hints=st.integers(0, 2))
    def end(self, name: str, hints: int) -> None:
        """The session is ended."""
        self.stage.end(name, hints)

    @rule(name=SESSIONS, kind=st.sampled_from(("follow", "end")))
    def repeat_a_command(self, name: str, kind: str) -> None:
        """A command comes again, or late, or was never meant."""
        self.stage.queue.put(self.stage.session(name), kind, 1)

    @rule(which=WHICH, kind=st.sampled_from(("user", "reply", "tool")), how=HOW)
    def begin_item(self, which: int, kind: str, how: str) -> None:
        """Somebody begins to say something."""

        async def begin() -> None:
            live = self._live()
            if live:
                call_id = live[which % len(live)]
                self.unfinished.append((call_id, self.stage.upstream.begin_item(call_id, kind, how)))

        self.stage.run(begin())

    @rule(which=WHICH, how=HOW, cut=st.booleans())
    def end_item(self, which: int, how: str, cut: bool) -> None:
        """What was begun becomes whole, in any order: transcripts are late."""

        async def end() -> None:
            if self.unfinished:
                call_id, said = self.unfinished.pop(which % len(self.unfinished))
                if not self.stage.upstream.calls[call_id].is_over:
                    self.stage.upstream.end_item(call_id, said, how, cut)

        self.stage.run(end())

    @rule(which=WHICH, turns=st.integers(1, 4), how=HOW, pause=st.sampled_from((0.05, 0.4, 1.5)))
    def talk(self, which: int, turns: int, how: str, pause: float) -> None:
        """Some whole sentences."""
        self.stage.run(self._talk(which, turns, how, pause))

    async def _talk(self, which: int, turns: int, how: str = "plain", pause: float = 0.4) -> None:
        live = self._live()
        for turn in range(turns if live else 0):
            call_id = live[which % len(live)]
            if self.stage.upstream.calls[call_id].is_over:
                return
            said = self.stage.upstream.begin_item(call_id, ("user", "reply")[turn % 2], how)
            await asyncio.sleep(pause)
            if not self.stage.upstream.calls[call_id].is_over:
                self.stage.upstream.end_item(call_id, said, how)

    @rule(which=WHICH, place=WHICH)
    def put_in(self, which: int, place: int) -> None:
        """A client puts an item in between two others; next to a gap its place could not be told."""

        async def put_in() -> None:
            if live := [name for name in self._live() if self.stage.upstream.calls[name].is_whole]:
                call_id = live[which % len(live)]
                said = self.stage.upstream.begin_item(call_id, "reply", "plain", place)
                self.stage.upstream.end_item(call_id, said, "plain")

        self.stage.run(put_in())

    @rule(which=WHICH, code=st.sampled_from((1000, 1001, 1006)), after=AFTER)
    def drop(self, which: int, code: int, after: int) -> None:
        """A call's connections break; one that closes cleanly is opened again before anything else."""

        async def drop() -> None:
            if live := self._live():
                self.stage.upstream.drop(live[which % len(live)], code)
                await self._talk(which, after)
                await asyncio.sleep(limits.HANG_UP_SEEN if code in CLEAN else 0)

        self.stage.run(drop())

    @rule(which=WHICH)
    def hang_up(self, which: int) -> None:
        """The person closes the browser."""

        async def hang_up() -> None:
            if live := self._live():
                self.stage.upstream.finish(live[which % len(live)])

        self.stage.run(hang_up())

    @rule(which=WHICH, after=AFTER)
    def lose_the_lease(self, which: int, after: int) -> None:
        """Somebody takes the lease, and dies before it does anything."""

        async def lose() -> None:
            call = self.stage.calls[which % len(self.stage.calls)]
            stores = self.stage.world.stores
            stores.hosts.beat("host_0", EXPLORED["steps"], 1)
            with suppress(LeaseLost):
                stores.calls.claim(self.stage.stored(call), "host_0")
            await self._talk(which, after)

        self.stage.run(lose())

    @rule(which=WHICH, refused=REFUSED, unanswered=st.sampled_from((0.0, 0.1)), after=AFTER)
    def trouble(self, which: int, refused: float, unanswered: float, after: int) -> None:
        """The table refuses one host some of its requests, or carries them out and does not answer."""
        if self.stage.hosts:
            edge = self.stage.hosts[self._host(which)][2]
            edge.refused, edge.unanswered = refused, unanswered
            self.stage.run(self._talk(which, after))

    @rule(which=WHICH, stopped=st.booleans())
    def stop_a_heart(self, which: int, stopped: bool) -> None:
        """A host seems dead, and is not."""
        if self.stage.hosts:
            self.stage.hosts[self._host(which)][2].heart_stopped = stopped

    @rule()
    def start(self) -> None:
        """One more host."""
        if len(self.stage.hosts) < 3:
            self.stage.start()

    @rule(which=WHICH, turns=st.integers(0, 40), after=AFTER)
    def crash(self, which: int, turns: int, after: int) -> None:
        """A host dies after so many turns of the loop, at whatever it awaits."""

        async def die() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            self.stage.kill(self._host(which))

        if self.stage.hosts:
            EXPLORED["crashes"] += 1
            self.stage.run(die())
            self.stage.run(self._talk(which, after))

    @rule(which=WHICH, after=AFTER)
    def leave(self, which: int, after: int) -> None:
        """A host is told to leave; its calls go on meanwhile."""
        if self.stage.hosts:
            self.stage.leave(self._host(which))
            self.stage.run(self._talk(which, after))

    @rule(seconds=st.sampled_from((0.01, 0.3, 1.0, 3.0, 12.0)))
    def wait(self, seconds: float) -> None:
        """Time passes."""

        async def wait() -> None:
            self.stage.upstream.release()
            await asyncio.sleep(seconds)

        self.stage.run(wait())

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        if hasattr(self, "stage"):
            EXPLORED["steps"] += 1
            self.proof.so_far()

    def teardown(self) -> None:
        """In the end a host brings everything into order."""
        if hasattr(self, "stage"):
            try:
                tally = self.proof.at_the_end()
                EXPLORED["said"] += tally.expected
                EXPLORED["heard"] += tally.heard
            finally:
                self.stage.close()


def explore(histories: int, steps: int = 25, seed: int = 0) -> Counter[str]:
    """Explore so many histories, the same ones for a seed; return how many there were, and their steps.

    Raise AssertionError.
    """
    EXPLORED.clear()
    bounds = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with small_pages():
        run_state_machine_as_test(hypothesis.seed(seed)(SidebandModel), settings=bounds)
    return EXPLORED
