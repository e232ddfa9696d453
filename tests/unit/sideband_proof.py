"""What must hold on a stage at any time, and what must have come of it in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sideband import limits
from switchboard.domain.call import Call
from switchboard.domain.transcript import GAP, settled

from dev.chaos.tally import Tally
from tests.unit.sideband_stage import Stage

SETTLED = 150.0
"""Seconds after which everything is in order: two rounds of reconciling, and all patience in between."""


SMALL_PAGE = 250
"""Bytes of a page, so that a few items make many pages."""


@contextmanager
def small_pages() -> Iterator[None]:
    """Let pages be small for a while."""
    before, limits.PAGE_BYTES = limits.PAGE_BYTES, SMALL_PAGE
    try:
        yield
    finally:
        limits.PAGE_BYTES = before


class Proof:
    """Watches a stage. Both methods raise AssertionError."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._durable: dict[str, dict[str, str]] = {}
        self._leases: dict[str, int] = {}

    def so_far(self) -> None:
        """What was acknowledged stays; nothing is there twice; a lease never goes back."""
        for call in self._stage.calls:
            items = [item for item in self._stage.items(call) if item.kind != GAP]
            names = [item.id for item in items]
            assert len(names) == len(set(names)), "an item is doubled"
            known = self._durable.setdefault(call.call_id, {})
            words = {item.id: item.text or item.arguments for item in items if item.text or item.arguments}
            lost = [name for name, said in known.items() if not words.get(name, "").startswith(said)]
            assert not lost, f"acknowledged and lost: {lost}"
            known |= words
            lease = self._stage.stored(call).lease
            assert lease >= self._leases.get(call.call_id, 0), "a lease went back"
            self._leases[call.call_id] = lease
            holders = [
                name
                for name, (host, _, _) in self._stage.hosts.items()
                for follow in host.roster.follows.values()
                if follow.call.call_id == call.call_id and follow.lease.number == lease
            ]
            assert len(holders) <= 1, f"two hosts hold one lease: {holders}"

    def at_the_end(self, seconds: float = SETTLED) -> Tally:
        """One host in a calm world brings all calls into the state asked for. Return what was said."""
        stage = self._stage
        for _, _, edge in stage.hosts.values():
            edge.refused = edge.unanswered = 0.0
            edge.heart_stopped = False
        if not stage.hosts:
            stage.start()
        stage.run(asyncio.sleep(0.5))
        self._release()
        stage.run(asyncio.sleep(seconds))
        self.so_far()
        for call in stage.calls:
            over = stage.upstream.calls[call.call_id].is_over
            followed = stage.stored(call).status == "followed"
            assert followed is (stage.is_current(call) and not over), f"{stage.stored(call)}"
            if followed:
                self._is_asked_for(call)
            if followed and self._stage.upstream.calls[call.call_id].was_heard_throughout:
                gaps = [item.id for item in stage.items(call) if item.kind == GAP]
                assert not gaps, f"{call.call_id} was heard from its first word on, and has {gaps}"
            open_ended = [item.id for item in stage.items(call) if not (followed or settled(item))]
            assert not open_ended, f"{call.call_id} is closed, and unfinished: {open_ended}"
        tally = self.tally()
        assert not tally.wrong, "\n".join(tally.wrong)
        return tally

    def _is_asked_for(self, call: Call) -> None:
        """What the items of a call that goes on name as said before them was asked for, if it was whole."""
        conversation, items = self._stage.upstream.calls[call.call_id], self._stage.items(call)
        there = {item.id for item in items if item.text or item.arguments}
        for item in items:
            said = conversation.find(item.previous or "")
            if said is not None and said.is_over and not said.cut:
                assert said.item_id in there, f"{item.id} names {said.item_id}, and nobody asked for it"

    def tally(self) -> Tally:
        """Return what became of everything that was said.

        A call that had no listener shows that in its row. One that fell silent before its first listener came
        cannot be told from one that was silent all the time, if that was soon.
        """
        tally = Tally()
        for call in self._stage.calls:
            conversation, items = self._stage.upstream.calls[call.call_id], self._stage.items(call)
            truth = conversation.truth([item.id for item in items])
            came = [line.since for line in conversation.lines if line.since is not None]
            late = bool(came) and min(came) - conversation.begun > limits.LATE
            if items or late or any(line.heard for line in truth):
                tally.add(call.call_id, truth, items)
        return tally

    def _release(self) -> None:
        async def release() -> None:
            self._stage.upstream.release()

        self._stage.run(release())
