"""Who watches a session, the mailbox in which each hears of it, and what is put there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps, loads
from typing import Any, Protocol

from switchboard.domain import live_limits as limits
from switchboard.domain.errors import TooManyViewers


@dataclass(frozen=True, slots=True)
class Room:
    """Where so many may watch at once, and what one too many is told."""

    name: str
    places: int
    full: str

    def refusal(self) -> TooManyViewers:
        """Return the error for one too many."""
        return TooManyViewers(self.full, retry_after=limits.VIEWERS_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class Viewer:
    """One open stream: its mailbox's address, and when it will have closed whatever happens.

    `network` is that of a guest, as a hash; None for anybody else.
    """

    id: str
    session_id: str
    mailbox: str
    until: datetime
    network: str | None = None

    def rooms(self) -> tuple[Room, ...]:
        """Return what the viewer takes a place in."""
        session = Room(
            self.session_id, limits.VIEWERS_MAX, "This session has as many streams as it may have."
        )
        if self.network is None:
            return (session,)
        crowd = "Guests from your network watch as much as they may at once."
        return session, Room(f"network:{self.network}", limits.VIEWERS_NETWORK, crowd)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a host tells of one call: how far its journal is durable now, and the last page as it is then.

    Attributes:
        page, revision: the last page and its newest durable revision.
        before: the newest revision of the page in front of it.
        entries: everything in the page; None where that was too much to send.
        over: the call is closed, or, at generation 0, the session has ended: look at the session's row.
    """

    generation: int
    page: int = 0
    revision: int = 0
    before: int = 0
    entries: Sequence[Mapping[str, Any]] | None = None
    over: bool = False


class Viewers(Protocol):
    """Who watches which session. Whoever forgets to leave is forgotten when their time is over."""

    def require(self, viewer: Viewer, besides: str | None) -> None:
        """Raise TooManyViewers if as many watch as may, not counting the viewer of the id `besides`."""

    def add(self, viewer: Viewer) -> None:
        """Let the viewer watch. Raise TooManyViewers, with no place taken, if as many do as may."""

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return those who watch the session now."""

    def remove(self, viewer: Viewer) -> None:
        """Forget the viewer; one who has gone already is fine."""


class Mailboxes(Protocol):
    """Mailboxes: one for each viewer, for as long as they watch."""

    def open(self) -> str:
        """Make a mailbox and return its address. Raise Throttled."""

    def send(self, address: str, text: str) -> None:
        """Put a message there. Raise NotFound if the mailbox is gone, Throttled."""

    def receive(self, address: str, seconds: int) -> tuple[str, ...]:
        """Wait so long for messages, and return those that came, each of them once and in any order.

        Raise NotFound if the mailbox is gone, Throttled.
        """

    def close(self, address: str) -> None:
        """Remove the mailbox with what is in it; a missing one is fine. Raise Throttled."""

    def sweep(self, before: datetime) -> int:
        """Remove mailboxes opened before that time; return how many. Raise Throttled."""


def to_message(notices: Iterable[Notice], most: int = limits.MESSAGE_BYTES) -> str:
    """Return the notices as one message; words that do not fit are left out, from the newest on."""
    parts, room = [], most
    for notice in notices:
        fields: dict[str, Any] = {
            "generation": notice.generation,
            "page": notice.page,
            "revision": notice.revision,
            "before": notice.before,
            "over": notice.over,
        }
        whole = dumps({**fields, "entries": notice.entries}, separators=(",", ":"))
        if len(whole) > room:
            whole = dumps(fields, separators=(",", ":"))
        room -= len(whole)
        parts.append(whole)
    return f'{{"notices":[{",".join(parts)}]}}'


def of_message(text: str) -> tuple[Notice, ...]:
    """Return the notices of a message, none if it is not ours: the next tells what is missing."""
    try:
        return tuple(
            Notice(
                int(each["generation"]),
                int(each["page"]),
                int(each["revision"]),
                int(each["before"]),
                each.get("entries"),
                bool(each["over"]),
            )
            for each in loads(text)["notices"]
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
