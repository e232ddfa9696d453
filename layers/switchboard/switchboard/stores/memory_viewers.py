"""Viewers and their mailboxes in one process's memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count
from threading import Condition, RLock

from switchboard.domain.errors import NotFound
from switchboard.domain.viewers import Viewer


class MemoryViewers:
    """The viewers."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._viewers: dict[str, list[Viewer]] = defaultdict(list)
        self._clock = clock
        self._lock = RLock()

    def require(self, viewer: Viewer, besides: str | None) -> None:
        """Raise TooManyViewers if as many watch as may, not counting the viewer of the id `besides`."""
        for room in viewer.rooms():
            if sum(each.id != besides for each in self.list(room.name)) >= room.places:
                raise room.refusal()

    def add(self, viewer: Viewer) -> None:
        """Let the viewer watch. Raise TooManyViewers if as many do as may."""
        with self._lock:
            self.require(viewer, None)
            for room in viewer.rooms():
                self._viewers[room.name] = [*self.list(room.name), viewer]

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return those who watch the session now."""
        now = self._clock()
        return tuple(viewer for viewer in self._viewers[session_id] if viewer.until > now)

    def remove(self, viewer: Viewer) -> None:
        """Forget the viewer; one who has gone already is fine."""
        with self._lock:
            for room in viewer.rooms():
                left = [each for each in self._viewers[room.name] if each.id != viewer.id]
                self._viewers[room.name] = left


class MemoryMailboxes:
    """The mailboxes."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._boxes: dict[str, tuple[datetime, list[str]]] = {}
        self._clock = clock
        self._changed = Condition()
        self._numbers = count(1)

    def open(self) -> str:
        """Make a mailbox and return its address."""
        address = f"memory:{next(self._numbers)}"
        self._boxes[address] = self._clock(), []
        return address

    def send(self, address: str, text: str) -> None:
        """Put a message there. Raise NotFound if the mailbox is gone."""
        with self._changed:
            self._box(address).append(text)
            self._changed.notify_all()

    def receive(self, address: str, seconds: int) -> tuple[str, ...]:
        """Wait so long for messages, and return those that came. Raise NotFound if the mailbox is gone."""
        with self._changed:
            self._changed.wait_for(lambda: address not in self._boxes or self._box(address), seconds)
            messages = tuple(self._box(address))
            self._box(address).clear()
            return messages

    def close(self, address: str) -> None:
        """Remove the mailbox with what is in it; a missing one is fine."""
        with self._changed:
            self._boxes.pop(address, None)
            self._changed.notify_all()

    def sweep(self, before: datetime) -> int:
        """Remove mailboxes opened before that time; return how many."""
        old = [address for address, (opened, _) in self._boxes.items() if opened < before]
        for address in old:
            self.close(address)
        return len(old)

    def _box(self, address: str) -> list[str]:
        if address not in self._boxes:
            raise NotFound("There is no such mailbox.")
        return self._boxes[address][1]
