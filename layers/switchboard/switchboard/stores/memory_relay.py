"""Tickets and audits in one process's memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from threading import RLock

from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry
from switchboard.domain.errors import TicketSpent, Unauthorized
from switchboard.domain.ticket import Admission, Ticket, fingerprint


class MemoryTickets:
    """The tickets, with the calls and tries that each has left."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._left: dict[str, tuple[int, int]] = {}
        self._clock = clock
        self._lock = RLock()

    def add(self, ticket: Ticket) -> None:
        """Keep what the ticket is good for."""
        key = fingerprint(ticket.value)
        self._tickets[key] = ticket
        self._left[key] = ticket.calls, limits.TICKET_TRIES

    def spend(self, value: str) -> Admission:
        """Take one call of it. Raise Unauthorized or TicketSpent."""
        key = fingerprint(value)
        ticket = self._tickets.get(key)
        if ticket is None or ticket.expires_at <= self._clock():
            raise Unauthorized("The ticket is not valid, or has expired.")
        with self._lock:
            calls, tries = self._left[key]
            if calls < 1 or tries < 1:
                raise TicketSpent("The ticket has been used. Renew the session for another.")
            self._left[key] = calls - 1, tries - 1
        return Admission(ticket.session_id, ticket.owner, ticket.network)

    def give_back(self, value: str) -> None:
        """Put a call back that the upstream refused; the try still counts."""
        with self._lock:
            calls, tries = self._left[fingerprint(value)]
            self._left[fingerprint(value)] = calls + 1, tries


class MemoryAudits:
    """The audits."""

    def __init__(self) -> None:
        self._entries: dict[str, list[AuditEntry]] = defaultdict(list)

    def add(self, session_id: str, entry: AuditEntry) -> None:
        """Keep the entry as long as a session is kept."""
        self._entries[session_id].append(entry)

    def list(self, session_id: str, limit: int) -> tuple[AuditEntry, ...]:
        """Return the newest `limit` entries, oldest first."""
        return tuple(sorted(self._entries[session_id], key=lambda entry: entry.at)[-limit:])
