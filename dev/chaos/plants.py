"""Defects to plant into a host, so that it can be seen that the proofs of this directory find them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from sideband import ear, opening, roster
from sideband.ear import Ear
from sideband.follow import Follow
from sideband.journal import Journal, Write
from sideband.roster import Roster
from sideband.watch import Watch
from sideband.writer import Writer
from switchboard.domain.call import Call, Command, Lease
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.session import Session
from switchboard.domain.transcript import events, forget
from switchboard.stores.dynamodb import calls as dynamodb_calls
from switchboard.stores.dynamodb import transcripts as dynamodb_transcripts
from switchboard.stores.memory import MemoryTranscripts
from switchboard.stores.memory_calls import MemoryCalls

Wrap = Callable[[Any], Any]
EITHER_PAGE = "attribute_exists(pk) OR attribute_not_exists(pk) OR lease = :mine OR revision = :revision"
EITHER_CALL = "attribute_exists(pk) OR lease = :seen OR #status <> :closed"
"""Conditions that always hold, with the values that DynamoDB wants to see used."""


@dataclass(frozen=True)
class Plant:
    """One defect: what it is, and which attributes of what are to be replaced by what, given the original."""

    what: str
    patches: tuple[tuple[Any, str, Wrap], ...]

    def sow(self) -> None:
        """Plant it for good."""
        for owner, name, wrap in self.patches:
            setattr(owner, name, wrap(getattr(owner, name)))

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant it for a while."""
        before = [(owner, name, getattr(owner, name)) for owner, name, _ in self.patches]
        self.sow()
        try:
            yield
        finally:
            for owner, name, original in before:
                setattr(owner, name, original)


def _dropping(original: Callable[[Journal], Write | None]) -> Callable[[Journal], Write | None]:
    def next_write(journal: Journal) -> Write | None:
        write = original(journal)
        if write is None:
            return None
        kept = {name: entry for name, entry in write.entries.items() if crc32(name.encode()) % 4}
        return replace(write, entries=kept)

    return next_write


def _forgetting(original: Callable[[Journal], Write | None]) -> Callable[[Journal], Write | None]:
    def next_write(journal: Journal) -> Write | None:
        write = original(journal)
        if write is not None:
            journal.transcript = forget(journal.transcript, write.items)
        return write

    return next_write


def _unrevised(original: Callable[[Journal], Write | None]) -> Callable[[Journal], Write | None]:
    def next_write(journal: Journal) -> Write | None:
        write = original(journal)
        return None if write is None else replace(write, revision=1)

    return next_write


def _unsealed(original: object) -> object:
    async def open_journal(lease: Lease, shared: Any) -> Journal:
        pages = await shared.insist(shared.deps.transcripts.pages, lease.session_id, lease.generation)
        return Journal.of_pages(pages, pages[-1].number + 1 if pages else 1)

    return open_journal


def _claimed(original: object) -> object:
    def claim(calls: MemoryCalls, call: Call, host: str) -> Lease:
        lease = Lease(call.session_id, call.generation, call.call_id, host, call.lease + 1)
        calls.add(replace(call, lease=lease.number, host=host, status="followed"))
        return lease

    return claim


def _overwriting(original: object) -> object:
    def write(pages: MemoryTranscripts, lease: Lease, number: int, revision: int, entries: Any) -> None:
        stored = pages._pages[lease.session_id, lease.generation]
        stored[number] = TranscriptPage(number, lease.number, revision, tuple(entries))

    return write


def _doubling(original: Callable[..., Any]) -> Callable[..., Any]:
    async def tend(ours: Roster, call: Call, session: Session, command: Command | None = None) -> None:
        key = (call.session_id, call.generation)
        follow = ours.follows.get(key)
        if command is not None and follow is not None:
            ours.follows[key] = twin = Follow(call, follow.lease, session, ours._shared)
            ours._tasks.add(asyncio.create_task(ours._supervise(key, twin)))
        await original(ours, call, session, command)

    return tend


def _nothing(result: object) -> Wrap:
    return lambda original: lambda *_, **__: result


def _never(result: object) -> Wrap:
    async def told(*_: object, **__: object) -> object:
        return result

    return lambda original: told


PLANTS = {
    "drops-an-item": Plant("the writer leaves items out", ((Journal, "next_write", _dropping),)),
    "forgets-early": Plant(
        "items are forgotten before they are durable", ((Journal, "next_write", _forgetting),)
    ),
    "same-revision": Plant("a page's revision is never raised", ((Journal, "next_write", _unrevised),)),
    "loses-order": Plant(
        "the fold does not heed predecessors", ((events, "_placed", lambda _: lambda event, news: news),)
    ),
    "no-seal": Plant(
        "a transcript is taken over without its seal",
        ((ear, "open_journal", _unsealed), (opening, "open_journal", _unsealed)),
    ),
    "no-fence": Plant(
        "a host that lost its lease writes on",
        (
            (MemoryTranscripts, "write", _overwriting),
            (dynamodb_transcripts, "NEW_OR_MINE", lambda _: EITHER_PAGE),
        ),
    ),
    "any-claim": Plant(
        "calls are claimed without a condition",
        (
            (MemoryCalls, "claim", _claimed),
            (dynamodb_calls, "AS_READ", lambda _: EITHER_CALL),
        ),
    ),
    "no-drain": Plant(
        "a call is let go of before its words are written",
        ((Ear, "drain", _never(0)), (Ear, "part", _never(None))),
    ),
    "closes-in-haste": Plant(
        "a call is closed before its words are written", ((Writer, "drain", _never(0)),)
    ),
    "no-gap": Plant("no mark is left where nobody listened", ((Ear, "tear", _nothing(None)),)),
    "asks-nothing": Plant("what others name is never asked for", ((Journal, "missing", _nothing(())),)),
    "no-takeover": Plant("a dead host is never missed", ((Watch, "dead", _nothing(())),)),
    "obeys-twice": Plant("a repeated command is obeyed as if it were new", ((Roster, "tend", _doubling),)),
    "never-ends": Plant(
        "replaced and ended calls are followed on", ((roster, "due_ending", _nothing(None)),)
    ),
}
