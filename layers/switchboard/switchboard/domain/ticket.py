"""A ticket: our own short-lived key for one relayed call, of which only a hash is ever stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from switchboard.domain import limits
from switchboard.domain.ports.surroundings import NewId
from switchboard.domain.session import Session


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """Lets whoever holds it place `calls` calls of one session through the relay, and nothing else.

    It begins with `ek_`, because clients of the upstream refuse to send a browser's key that does not.
    `network` is that of whoever got it, whose calls at once are counted.
    """

    value: str
    session_id: str
    owner: str
    expires_at: datetime
    calls: int = 1
    network: str | None = None

    def __repr__(self) -> str:
        return f"Ticket(session_id={self.session_id!r}, expires_at={self.expires_at.isoformat()})"


def issue(session: Session, network: str, calls: int, now: datetime, new_id: NewId) -> Ticket:
    """Return a fresh ticket for the session; it ends with a whole second, as the upstream's secrets do."""
    expires_at = now.replace(microsecond=0) + timedelta(seconds=limits.TICKET_SECONDS)
    return Ticket(new_id("ek_"), session.id, session.owner, expires_at, calls, network)


def fingerprint(value: str) -> str:
    """Return what is stored of a ticket's value: it is random enough to need no salt."""
    return sha256(f"ticket:{value}".encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Admission:
    """What a ticket was found to be good for."""

    session_id: str
    owner: str
    network: str | None = None


class Tickets(Protocol):
    """The tickets that have been issued."""

    def add(self, ticket: Ticket) -> None:
        """Keep what the ticket is good for."""

    def spend(self, value: str) -> Admission:
        """Take one call of it, so that no two requests get the same.

        Raise Unauthorized if there is no such ticket or it has expired, TicketSpent if it has no call left or
        was tried too often.
        """

    def give_back(self, value: str) -> None:
        """Put a call back that the upstream refused; the try still counts."""
