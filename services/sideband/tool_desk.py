"""The desk where one call's function calls are taken, run beside all else, and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any

from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost
from switchboard.domain.session import Session
from switchboard.domain.tool import names_of
from switchboard.domain.transcript import Item
from switchboard.domain.transcript.snapshot import label, mapping, text

from sideband import log
from sideband.deps import Shared
from sideband.ending import Lost, Stop
from sideband.journal import Journal
from sideband.pinned import Tell
from sideband.socket import Hung, Socket
from sideband.tool_run import Outcome, ToolRuns
from sideband.tool_talk import HEARD, ToolTalk
from sideband.tool_words import Asked, output_id

LEFT = "left"
"""In place of the response that a function call was made by, where nobody remembers it."""


class ToolDesk:
    """One follow's desk. Nobody waits for it: neither the ear that tells it of events, nor other calls.

    Args:
        stop: called with `Lost` when another host has the call.
    """

    def __init__(self, runs: ToolRuns, granted: Iterable[str], stop: Stop) -> None:
        self._runs = runs
        self._stop = stop
        self._talk = ToolTalk(frozenset(granted), self._is_models)
        self._journal: Journal | None = None
        self._inherited: tuple[Item, ...] = ()
        self._has_looked = False
        self._socket: Socket | None = None
        self._is_leaving = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._speaker: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._told: dict[str, tuple[bytes, int | None]] = {}
        self._early: dict[str, bytes] = {}

    def open(self, journal: Journal) -> None:
        """The transcript is ours: what its pages leave unanswered is our work, once the call is heard."""
        self._journal = journal
        self._inherited = journal.unanswered

    def connect(self, socket: Socket) -> None:
        """Speak on that connection from now on."""
        self._socket = socket
        inherited, self._inherited = self._inherited, ()
        self._begin(self._talk.resume(map(_asked, inherited)))
        if not self._has_looked:
            self._has_looked = True
            self._start(self._look())
        self._stir()

    def hear(self, event: Mapping[str, Any], now: float) -> None:
        """Take an event of the call."""
        kind = event.get("type")
        if kind not in HEARD:
            return
        self._begin(self._talk.hear(event, now))
        if kind == "conversation.item.added":
            self._see_output(mapping(event, "item"))
        self._stir()

    def refused(self, error: Mapping[str, Any], now: float) -> None:
        """Take an `error` event."""
        what = self._talk.refused(error, now)
        if what is not None:
            log.warning("tool.not_taken", what=what, code=str(error.get("code"))[:64])
        self._stir()

    def leave(self) -> None:
        """This host gives the call away: end what is running, and let the next one tell it."""
        self._is_leaving = True

    async def stop(self) -> None:
        """Run nothing more. What a leaving host runs has some seconds left."""
        if self._is_leaving and self._tasks:
            await asyncio.wait(self._tasks, timeout=self._runs.seconds_left)
        tasks = [*self._tasks, *([self._speaker] if self._speaker is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._runs.part()

    def _begin(self, asked: Iterable[Asked]) -> None:
        for each in asked:
            if not self._is_leaving:
                self._start(self._answer(each.tool_call_id, partial(self._runs.run, each)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        """Tell of what hosts before us have begun and the transcript, which is written later, lacks."""
        known = self._journal.called if self._journal is not None else frozenset()
        try:
            left = await self._runs.left()
        except Exception as error:  # whatever a store may raise
            log.error("tool.left_unknown", error)
            return
        for begun in left:
            asked = Asked(begun.tool_call_id, begun.tool, "", LEFT)
            if begun.tool_call_id not in known and self._talk.adopt(asked):
                self._start(self._answer(begun.tool_call_id, partial(self._runs.settled, begun)))

    async def _answer(self, tool_call_id: str, work: Callable[[], Awaitable[Outcome]]) -> None:
        try:
            outcome = await work()
        except LeaseLost:
            self._stop(Lost())
            return
        except Exception as error:  # a defect: the model must not wait for ever
            log.error("tool.not_run", error, tool_call_id=tool_call_id)
            outcome = Outcome("The tool failed.")
        self._told[tool_call_id] = _fingerprint(outcome.output), outcome.ms
        if tool_call_id in self._early:
            self._compare(tool_call_id, self._early.pop(tool_call_id))
        self._talk.answer(tool_call_id, outcome.output, asks=outcome.asks)
        self._stir()

    def _stir(self) -> None:
        if self._speaker is None and self._talk.wakes_at() is not None and not self._is_leaving:
            self._speaker = asyncio.get_running_loop().create_task(self._speak())
        self._stirred.set()

    async def _speak(self) -> None:
        """Send what is due, whenever it is."""
        while True:
            self._stirred.clear()
            due = None
            if self._socket is not None and not self._is_leaving:
                await self._send(self._socket)
                due = self._talk.wakes_at()
            try:
                async with asyncio.timeout_at(due):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    async def _send(self, socket: Socket) -> None:
        try:
            for frame in self._talk.due(self._clock()):
                await socket.send(frame)
        except Hung:
            self._socket = None  # whoever listens is told as well, and connects again

    def _see_output(self, item: Mapping[str, Any]) -> None:
        """Mark an output of ours in the transcript; take down that somebody else answers in our place.

        A name of ours alone makes none ours: whoever hears the call can reckon it.
        """
        tool_call_id, said = label(item, "call_id"), _fingerprint(text(item, "output"))
        if item.get("type") != "function_call_output" or not self._talk.is_taken(tool_call_id):
            return
        if label(item, "id") != output_id(tool_call_id):
            self._runs.note_answer(tool_call_id)
        elif tool_call_id in self._told:
            self._compare(tool_call_id, said)
        else:  # told by the host before us, or forged
            self._early[tool_call_id] = said

    def _compare(self, tool_call_id: str, said: bytes) -> None:
        told, ms = self._told[tool_call_id]
        if said != told:
            self._runs.note_answer(tool_call_id)
        elif self._journal is not None:
            self._journal.mark_run(output_id(tool_call_id), ms)

    def _is_models(self, item_id: str) -> bool:
        item = self._journal.transcript.items.get(item_id) if self._journal is not None else None
        return item is not None and bool(item.response_id)


def desk_of(
    call: Call, lease: Lease, session: Session, shared: Shared, tell: Tell, stop: Stop
) -> ToolDesk | None:
    """Return the desk of a call; None where the session was given no tools that hosts run."""
    kit = shared.deps.tools
    if kit is None or not session.granted:
        return None
    runs = ToolRuns(call, lease, session.owner, shared, kit, tell)
    return ToolDesk(runs, names_of(session.granted), stop)


def _fingerprint(words: str) -> bytes:
    """Return by what an output is known again: the words of two hundred would take megabytes."""
    return sha256(words.encode(errors="replace")).digest()


def _asked(item: Item) -> Asked:
    return Asked(item.call_id, item.name, item.arguments, item.response_id)
