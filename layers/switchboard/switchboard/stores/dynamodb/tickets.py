"""Tickets in the table: found by their hash, counted down by conditional updates, gone when they expire."""

from __future__ import annotations

from switchboard.domain import limits
from switchboard.domain.errors import TicketSpent, Unauthorized
from switchboard.domain.ticket import Admission, Ticket, fingerprint
from switchboard.stores.dynamodb.table import ConditionFailed, Gain, Row, Table

HAS_SOME = "attribute_exists(pk) AND calls_left > :none AND tries_left > :none"


class DynamoTickets:
    """The tickets, one row each. Their values never reach the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, ticket: Ticket) -> None:
        """Keep what the ticket is good for."""
        self._table.put(
            {
                "pk": _key(ticket.value),
                "sk": "TICKET",
                "session_id": ticket.session_id,
                "holder": ticket.owner,
                "network": ticket.network,
                "calls_left": ticket.calls,
                "tries_left": limits.TICKET_TRIES,
                "ttl": int(ticket.expires_at.timestamp()),
            }
        )

    def spend(self, value: str) -> Admission:
        """Take one call of it. Raise Unauthorized or TicketSpent."""
        row = self._table.get(_key(value), "TICKET")
        if row is None:
            raise Unauthorized("The ticket is not valid, or has expired.")
        try:
            self._table.add(_gain(value, {"calls_left": -1, "tries_left": -1}, HAS_SOME, {"none": 0}))
        except ConditionFailed:
            raise TicketSpent("The ticket has been used. Renew the session for another.") from None
        return Admission(row["session_id"], row["holder"], row.get("network"))

    def give_back(self, value: str) -> None:
        """Put a call back that the upstream refused; the try still counts."""
        try:
            self._table.add(_gain(value, {"calls_left": 1}, "attribute_exists(pk)", {}))
        except ConditionFailed:
            return  # it has expired meanwhile


def _gain(value: str, gains: dict[str, int], condition: str, values: Row) -> Gain:
    return Gain(_key(value), "TICKET", gains, {}, condition, values)


def _key(value: str) -> str:
    return f"TICKET#{fingerprint(value)}"
