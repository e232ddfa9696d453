"""The live view's reckoning: what a viewer has been sent, and what is to be sent next. Pure, without I/O."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from re import ASCII, fullmatch
from typing import Any, Final

from switchboard.domain import live_limits as limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.talk import said_as
from switchboard.domain.transcript import GAP, Item, from_entry, order, settled
from switchboard.domain.transcript.join import join

END: Final = "end"
"""The id of the last event of a session."""
MARK: Final = 6
"""Characters of a mark: 36 bits tell the dozen items of a page apart."""
POSITION: Final = rf"\d{{1,9}}\.\d{{1,9}}\.(?:[\w-]{{{MARK}}})*"
VIEWER: Final = r"[0-9a-z]{1,32}"

Show = Callable[[Item, int], str]
"""Return the JSON of an item of the call at that generation."""
Said = tuple[str, str, str]
Place = tuple[int, int]
"""A page's number and revision: how far a call's journal is known. (0, 0) is its beginning."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One item on its way out, behind `previous` (None: the call's first). `id` resumes after it."""

    item: Item
    generation: int
    previous: str | None
    id: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a viewer left off: by generation the page, and marks of what was sent of that page.

    Earlier generations that are not named are complete, as are the earlier pages of those that are. `viewer`
    names the stream that the position is of.
    """

    viewer: str | None = None
    pages: Mapping[int, tuple[int, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str | None) -> Position:
        """Return the position of an event's id; the beginning for none. Raise InvalidRequest."""
        if not text:
            return cls()
        if len(text) > limits.POSITION_CHARS or not fullmatch(
            rf"{VIEWER}:{POSITION}(?:~{POSITION})*", text, ASCII
        ):
            raise InvalidRequest("The last event id is not one of this session's.")
        viewer, _, parts = text.partition(":")
        pages = {}
        for part in parts.split("~"):
            generation, page, marks = part.split(".")
            cut = (marks[start : start + MARK] for start in range(0, len(marks), MARK))
            pages[int(generation)] = int(page), frozenset(cut)
        return cls(viewer, pages)

    def has_all_of(self, generation: int) -> bool:
        """True for a call that was complete at that position."""
        return generation not in self.pages and generation < max(self.pages, default=0)


@dataclass(slots=True)
class _Board:
    """One call as the viewer has it.

    `order` are the ids of what was sent, `sent` the items and their marks, `marks` those of this page.
    `had` is what the viewer said to have of page `upto`, as far as it has not come up again yet.
    """

    upto: int
    had: set[str]
    items: dict[str, Item] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    sent: dict[str, tuple[Item, str]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    place: Place = (0, 0)
    closed: bool = False
    told: frozenset[Said] | None = None

    def tells(self) -> frozenset[Said]:
        """Return what a later call only repeats."""
        if self.told is None:
            said = (
                item for item in self.items.values() if item.text and not item.deleted and not item.is_aside
            )
            self.told = frozenset(map(said_as, said))
        return self.told


class Feed:
    """Turns the pages of a session's calls into what one viewer is to be sent, each thing once.

    `position` is where the viewer left off; what they have been sent is gone through in silence. `viewer`
    names the new stream.
    """

    def __init__(self, show: Show, position: Position, viewer: str) -> None:
        self.viewer = viewer
        self._show = show
        self._position = position
        self._boards: dict[int, _Board] = {}

    def place(self, generation: int) -> Place:
        """Return how far the call's journal is known."""
        board = self._boards.get(generation)
        return board.place if board else (0, 0)

    def take(self, generation: int, place: Place, entries: Iterable[Mapping[str, Any]]) -> Iterator[Shown]:
        """Learn what a page holds now, and yield what that makes worth sending. Repeats yield nothing."""
        board = self._board(generation)
        if place[0] > board.place[0]:
            board.marks = {}
        board.place = max(board.place, place)
        for entry in entries:
            version = from_entry(entry)
            known = board.items.get(version.id)
            board.items[version.id] = version if known is None else join(known, version)
        board.told = None
        for later in sorted(each for each in self._boards if each >= generation):
            yield from self._settle(later, self._boards[later])

    def close(self, generation: int) -> Iterator[Shown]:
        """Learn that the call is over and all of its pages are known."""
        board = self._board(generation)
        if not board.closed:
            board.closed = True
            yield from self._settle(generation, board)

    def fits(self) -> bool:
        """Tell whether the viewer's position is one of this session's, as far as its pages are known."""
        return all(
            self.place(generation)[0] >= page for generation, (page, _) in self._position.pages.items()
        )

    def id(self) -> str:
        """Return where to go on after everything yielded so far."""
        last = max(self._boards, default=0)
        return f"{self.viewer}:" + "~".join(
            f"{generation}.{board.place[0]}.{''.join(board.marks.values())}"
            for generation, board in sorted(self._boards.items())
            if generation == last or not board.closed
        )

    def _board(self, generation: int) -> _Board:
        board = self._boards.get(generation)
        if board is None:
            page, marks = self._position.pages.get(generation, (0, frozenset[str]()))
            board = self._boards[generation] = _Board(page, set(marks))
        return board

    def _settle(self, generation: int, board: _Board) -> Iterator[Shown]:
        target = self._target(generation, board)
        for item_id in set(board.order) - {item.id for item in target}:
            board.order.remove(item_id)
            item, _ = board.sent.pop(item_id)
            yield from self._send(generation, board, replace(item, deleted=True), None)
        for index, item in enumerate(target):
            in_place = index < len(board.order) and board.order[index] == item.id
            if in_place and self._is_known(generation, board, item):
                continue
            if item.id in board.sent:
                board.order.remove(item.id)
            board.order.insert(index, item.id)
            board.sent[item.id] = item, self._mark(item, generation)
            yield from self._send(generation, board, item, target[index - 1].id if index else None)

    def _target(self, generation: int, board: _Board) -> list[Item]:
        """Return what the viewer should have, in order, less what an earlier call has told in the same words.

        A gap at the end of a call that goes on is held back: mostly, the next item shows that it was none.
        """
        ordered = order(board.items.values())
        while ordered and ordered[-1].kind == GAP and not board.closed and ordered[-1].id not in board.sent:
            ordered.pop()
        wanted = [item for item in ordered if board.closed or item.id in board.sent or settled(item)]
        earlier = [each.tells() for before, each in self._boards.items() if before < generation]
        if not earlier:
            return wanted
        return [item for item in wanted if not any(said_as(item) in told for told in earlier)]

    def _is_known(self, generation: int, board: _Board, item: Item) -> bool:
        seen, mark = board.sent[item.id]
        if seen == item:
            return True
        if mark != self._mark(item, generation):
            return False
        board.sent[item.id] = item, mark
        return True

    def _send(self, generation: int, board: _Board, item: Item, previous: str | None) -> Iterator[Shown]:
        mark = self._mark(item, generation)
        board.marks[item.id] = mark
        number = board.place[0]
        if number < board.upto or self._position.has_all_of(generation):
            return
        if number == board.upto and mark in board.had:
            board.had.discard(mark)
        else:
            yield Shown(item, generation, previous, self.id())

    def _mark(self, item: Item, generation: int) -> str:
        digest = sha256(self._show(item, generation).encode(errors="surrogatepass")).digest()
        return urlsafe_b64encode(digest)[:MARK].decode()
