"""The contract of function calls: each is begun once, by whoever has the call, and its end is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost, NotFound

from tests.contract.stores import START, Stores
from tests.contract.test_stores_calls import attach, found

UNTIL = START + timedelta(seconds=10)


def claimed(stores: Stores) -> Lease:
    """The lease of a fresh call."""
    return stores.calls.claim(attach(stores), "host_1")


def taken_over(stores: Stores, lease: Lease) -> Lease:
    """The lease of the host that comes next."""
    call = stores.calls.find(lease.session_id, lease.generation)
    assert call is not None
    return stores.calls.claim(call, "host_2")


def test_a_function_call_is_begun_once(stores: Stores) -> None:
    lease = claimed(stores)
    assert stores.tool_calls.find(lease, "call_1") is None
    assert stores.tool_calls.claim(lease, "call_1", "weather", UNTIL) is None
    following = taken_over(stores, lease)
    stored = stores.tool_calls.claim(following, "call_1", "weather", UNTIL)
    assert stored is not None
    assert (stored.status, stored.tool, stored.until, stored.lease) == ("running", "weather", UNTIL, 1)
    assert stored == stores.tool_calls.find(following, "call_1")


def test_what_was_ever_begun_is_listed_for_whoever_has_the_call(stores: Stores) -> None:
    lease = claimed(stores)
    for tool_call_id in ("call_1", "call_2"):
        stores.tool_calls.claim(lease, tool_call_id, "weather", UNTIL)
    stores.tool_calls.finish(lease, "call_2", "done", "It rains.", 7)
    following = taken_over(stores, lease)
    begun = sorted(stores.tool_calls.list(following), key=lambda each: each.tool_call_id)
    assert [(each.tool_call_id, each.status) for each in begun] == [("call_1", "running"), ("call_2", "done")]
    assert stores.tool_calls.list(replace(following, generation=following.generation + 1)) == ()


def test_every_function_call_counts_once_on_its_call(stores: Stores) -> None:
    lease = claimed(stores)
    for tool_call_id in ("call_1", "call_2", "call_1"):
        stores.tool_calls.claim(lease, tool_call_id, "weather", UNTIL)
    call = stores.calls.find(lease.session_id, lease.generation)
    assert call is not None
    assert call.tool_calls == 2


def test_a_claim_repeated_after_a_lost_answer_is_the_same_claim(stores: Stores) -> None:
    lease = claimed(stores)
    assert stores.tool_calls.claim(lease, "call_1", "weather", UNTIL) is None
    assert stores.tool_calls.claim(lease, "call_1", "weather", UNTIL) is None


def test_who_has_lost_the_call_begins_nothing_on_it(stores: Stores) -> None:
    lease = claimed(stores)
    following = taken_over(stores, lease)
    with pytest.raises(LeaseLost):
        stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    assert stores.tool_calls.find(following, "call_1") is None


def test_what_it_came_to_is_found_by_the_next_host(stores: Stores) -> None:
    lease = claimed(stores)
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    stores.tool_calls.finish(lease, "call_1", "done", "It rains.", 321)
    stores.tool_calls.finish(lease, "call_1", "done", "It rains.", 321)
    stored = stores.tool_calls.claim(taken_over(stores, lease), "call_1", "weather", UNTIL)
    assert stored is not None
    assert (stored.status, stored.output, stored.ms) == ("done", "It rains.", 321)


def test_the_outcome_may_still_be_told_after_the_call_was_let_go(stores: Stores) -> None:
    lease = claimed(stores)
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    stores.calls.release(lease, START)
    stores.tool_calls.finish(lease, "call_1", "done", "It rains.", 321)
    stored = stores.tool_calls.find(lease, "call_1")
    assert stored is not None
    assert stored.status == "done"


def test_one_that_was_given_up_tells_no_outcome_any_more(stores: Stores) -> None:
    lease = claimed(stores)
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    following = taken_over(stores, lease)
    given_up = stores.tool_calls.give_up(following, "call_1", "Nobody knows.")
    assert (given_up.status, given_up.output, given_up.lease) == ("unknown", "Nobody knows.", 2)
    with pytest.raises(LeaseLost):
        stores.tool_calls.finish(lease, "call_1", "done", "It rains.", 321)
    assert stores.tool_calls.find(following, "call_1") == given_up


def test_one_that_is_over_is_not_given_up(stores: Stores) -> None:
    lease = claimed(stores)
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    stores.tool_calls.finish(lease, "call_1", "failed", "It broke.", 3)
    kept = stores.tool_calls.give_up(taken_over(stores, lease), "call_1", "Nobody knows.")
    assert (kept.status, kept.output) == ("failed", "It broke.")


def test_nobody_gives_up_what_is_their_own_or_was_never_begun(stores: Stores) -> None:
    lease = claimed(stores)
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    assert stores.tool_calls.give_up(lease, "call_1", "Nobody knows.").status == "running"
    with pytest.raises(NotFound):
        stores.tool_calls.give_up(lease, "call_2", "Nobody knows.")
    with pytest.raises(LeaseLost):
        stores.tool_calls.finish(lease, "call_2", "done", "", 0)


def test_function_calls_are_no_calls_and_no_pages(stores: Stores) -> None:
    call = attach(stores)
    lease = stores.calls.claim(call, "host_1")
    stores.tool_calls.claim(lease, "call_1", "weather", UNTIL)
    assert stores.transcripts.read(call.session_id) == ()
    assert stores.calls.list(call.session_id) == (found(stores, call),)
