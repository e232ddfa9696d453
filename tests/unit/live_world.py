"""A viewer that places items as docs/live.md says, and a call's journal to view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sideband.journal import Journal
from switchboard.domain.live import Feed, Position, Shown
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.talk import items_of
from switchboard.domain.transcript import Item, Transcript


def show(item: Item, generation: int) -> str:
    """What a viewer sees of an item."""
    return repr((item.id, item.text, item.status, item.deleted, item.audio_start_ms, item.audio_end_ms))


@dataclass
class Book:
    """One call as its host writes it: each write is one state of one page."""

    journal: Journal = field(default_factory=lambda: Journal(Transcript(), 1))
    pages: dict[int, TranscriptPage] = field(default_factory=dict)

    def say(self, *events: dict[str, Any]) -> Book:
        """Fold events, and write what they changed."""
        for event in events:
            self.journal.fold(event, 0.0)
        return self.write()

    def close(self) -> Book:
        """End the call."""
        self.journal.close(0.0)
        return self.write()

    def tear(self, name: str) -> Book:
        """Let nobody listen for a while."""
        self.journal.tear(name, 0.0)
        return self.write()

    def turn(self) -> Book:
        """Let another host go on, on the next page."""
        number = max(self.pages, default=0) + 1
        self.journal = Journal.of_pages(self.read(), number)
        self.pages[number] = TranscriptPage(number, 1, 0, ())
        return self

    def write(self) -> Book:
        """Write until nothing waits."""
        while write := self.journal.next_write():
            self.journal.written(write)
            entries = tuple(write.entries.values())
            self.pages[write.number] = TranscriptPage(write.number, 1, write.revision, entries)
        return self

    def read(self) -> tuple[TranscriptPage, ...]:
        """The stored pages in order."""
        return tuple(self.pages[number] for number in sorted(self.pages))

    def said(self) -> list[str]:
        """What a reader of the whole transcript sees."""
        return [show(item, 1) for item in items_of(self.read())]


class Viewer:
    """A client: keeps what it was sent in its place, and the id of the last event."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.got: list[Shown] = []
        self.id: str | None = None

    def look(self, events: Iterable[Shown]) -> Viewer:
        """Take events in."""
        for shown in events:
            self.items = [item for item in self.items if item.id != shown.item.id]
            places = [item.id for item in self.items]
            at = places.index(shown.previous) + 1 if shown.previous is not None else 0
            self.items.insert(at, shown.item)
            self.got.append(shown)
            self.id = shown.id
        return self

    def seen(self) -> list[str]:
        """What a person sees."""
        return [show(item, 1) for item in self.items if not item.deleted]

    def twice(self) -> list[str]:
        """What came again without any difference."""
        seen = [(show(shown.item, 1), shown.previous) for shown in self.got]
        return [text for number, (text, _) in enumerate(seen) if seen[number] in seen[:number]]


def replay(
    pages: Sequence[TranscriptPage], last_id: str | None = None, *, closed: bool = False
) -> list[Shown]:
    """Return what a fresh stream sends of one call."""
    feed = Feed(show, Position.of(last_id), "v")
    sent = [shown for page in pages for shown in feed.take(1, (page.number, page.revision), page.entries)]
    assert feed.fits()
    return sent + (list(feed.close(1)) if closed else [])
