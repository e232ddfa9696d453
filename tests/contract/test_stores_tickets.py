"""The contract of tickets: spent once however many ask, good for minutes, and stored only as a hash."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry
from switchboard.domain.errors import TicketSpent, Unauthorized
from switchboard.domain.ticket import Admission, Ticket

from tests.contract.stores import START, Dynamo, Stores, Time

TICKET = Ticket("ek_tell_nobody", "sess_1", "user:ann", START + timedelta(minutes=10))
ADMITTED = Admission("sess_1", "user:ann")


def test_a_ticket_leads_to_its_session_and_its_owner(stores: Stores) -> None:
    stores.tickets.add(TICKET)
    assert stores.tickets.spend(TICKET.value) == ADMITTED


def test_a_ticket_is_good_for_one_call(stores: Stores) -> None:
    stores.tickets.add(TICKET)
    stores.tickets.spend(TICKET.value)
    with pytest.raises(TicketSpent):
        stores.tickets.spend(TICKET.value)


def test_a_ticket_for_three_calls_is_good_for_three(stores: Stores) -> None:
    stores.tickets.add(Ticket("ek_3", "sess_1", "user:ann", TICKET.expires_at, calls=3))
    for _ in range(3):
        assert stores.tickets.spend("ek_3") == ADMITTED
    with pytest.raises(TicketSpent):
        stores.tickets.spend("ek_3")


def test_what_nobody_issued_admits_nobody(stores: Stores) -> None:
    stores.tickets.add(TICKET)
    for value in ("ek_other", "", "ek_tell_nobody ", "ek_\ud800"):
        with pytest.raises(Unauthorized):
            stores.tickets.spend(value)


def test_an_expired_ticket_is_none(stores: Stores, time: Time) -> None:
    stores.tickets.add(TICKET)
    time.sleep(599.9)
    assert stores.tickets.spend(TICKET.value) == ADMITTED
    stores.tickets.give_back(TICKET.value)
    time.sleep(0.1)
    with pytest.raises(Unauthorized):
        stores.tickets.spend(TICKET.value)


def test_a_ticket_that_is_given_back_is_good_again_but_not_for_ever(stores: Stores) -> None:
    stores.tickets.add(TICKET)
    for _ in range(limits.TICKET_TRIES):
        stores.tickets.spend(TICKET.value)
        stores.tickets.give_back(TICKET.value)
    with pytest.raises(TicketSpent):
        stores.tickets.spend(TICKET.value)


def test_of_many_who_show_a_ticket_at_once_one_is_admitted(stores: Stores) -> None:
    stores.tickets.add(TICKET)

    def spend(_: int) -> str:
        try:
            return stores.tickets.spend(TICKET.value).session_id
        except TicketSpent as spent:
            return spent.code

    with ThreadPoolExecutor(4) as threads:
        outcomes = Counter(threads.map(spend, range(8)))
    assert outcomes == {"sess_1": 1, "ticket_spent": 7}


def test_giving_back_what_is_gone_is_fine(tables: Dynamo) -> None:
    tables.tickets.give_back("ek_unknown")
    assert tables.rows() == []


def test_the_table_never_sees_a_ticket(tables: Dynamo) -> None:
    tables.tickets.add(TICKET)
    [row] = tables.rows()
    assert "tell_nobody" not in str(row)
    assert int(row["ttl"]["N"]) == int(TICKET.expires_at.timestamp())


def test_a_ticket_does_not_show_itself() -> None:
    assert "tell_nobody" not in f"{TICKET!r} {TICKET}"


def test_the_audit_shows_its_newest_entries_in_order(stores: Stores) -> None:
    for number in range(5):
        entry = AuditEntry(START + timedelta(seconds=number), "config.reasserted", {"n": number})
        stores.audits.add("sess_1", entry)
    stores.audits.add("sess_2", AuditEntry(START, "call.relayed"))
    assert [entry.facts["n"] for entry in stores.audits.list("sess_1", 3)] == [2, 3, 4]
    assert stores.audits.list("sess_2", 3) == (AuditEntry(START, "call.relayed"),)
    assert stores.audits.list("sess_3", 3) == ()


def test_two_entries_of_one_moment_are_two(stores: Stores) -> None:
    for event in ("call.relayed", "config.reasserted"):
        stores.audits.add("sess_1", AuditEntry(START, event))
    events = {entry.event for entry in stores.audits.list("sess_1", 9)}
    assert events == {"call.relayed", "config.reasserted"}
