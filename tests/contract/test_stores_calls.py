"""The contract of calls: of all hosts that want one, one has it, until it is taken over, let go or closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from switchboard.domain.call import PENDING_SHARDS, Call, Lease, pending_shard
from switchboard.domain.errors import LeaseLost
from switchboard.domain.ports.calls import Calls

from tests.contract.stores import START, Dynamo, Stores, Time
from tests.contract.test_stores_sessions import session

Deed = Callable[[Calls, Lease], None]
DEEDS: dict[str, Deed] = {
    "attached": lambda calls, lease: calls.attached(lease, "api_key", START),
    "meter": lambda calls, lease: calls.meter(lease, {"response": {"input_text": 1}}),
    "release": lambda calls, lease: calls.release(lease, START),
    "close": lambda calls, lease: calls.close(lease, "ended", START),
}


def attach(stores: Stores, number: int = 1, call_id: str = "rtc_1") -> Call:
    """A session with that call, pending."""
    fresh = session(number)
    stores.sessions.add(fresh)
    changed = fresh.attach(call_id, START)
    call = Call(fresh.id, changed.call_generation, call_id, START + timedelta(seconds=number))
    stores.sessions.attach(changed, call)
    return call


def found(stores: Stores, call: Call) -> Call:
    now = stores.calls.find(call.session_id, call.generation)
    assert now
    return now


def test_a_call_is_found_by_session_and_generation(stores: Stores) -> None:
    call = attach(stores)
    assert found(stores, call) == call
    assert stores.calls.find(call.session_id, 99) is None
    assert stores.calls.find("sess_none", call.generation) is None
    assert stores.calls.list("sess_none") == ()


def test_whoever_claims_first_has_the_call(stores: Stores) -> None:
    call = attach(stores)
    lease = stores.calls.claim(call, "host_1")
    assert lease == Lease(call.session_id, call.generation, "rtc_1", "host_1", 1)
    with pytest.raises(LeaseLost):
        stores.calls.claim(call, "host_2")
    held = found(stores, call)
    assert (held.status, held.host, held.lease) == ("followed", "host_1", 1)


def test_a_claim_repeated_after_a_lost_answer_is_the_same_lease(stores: Stores) -> None:
    call = attach(stores)
    assert stores.calls.claim(call, "host_1") == stores.calls.claim(call, "host_1")
    assert found(stores, call).lease == 1


def test_a_takeover_ends_the_first_hosts_lease(stores: Stores) -> None:
    call = attach(stores)
    first = stores.calls.claim(call, "host_1")
    second = stores.calls.claim(found(stores, call), "host_2")
    assert second.number == 2
    before = found(stores, call)
    for deed in DEEDS.values():
        with pytest.raises(LeaseLost):
            deed(stores.calls, first)
    with pytest.raises(LeaseLost):
        stores.calls.claim(call, "host_1")
    assert found(stores, call) == before


def test_the_holder_tells_what_became_of_the_call(stores: Stores) -> None:
    call = attach(stores)
    lease = stores.calls.claim(call, "host_1")
    stores.calls.attached(lease, "client_secret", START + timedelta(seconds=1))
    stores.calls.close(lease, "hung_up", START + timedelta(seconds=2))
    assert found(stores, call) == replace(
        call,
        status="closed",
        host="host_1",
        lease=1,
        credential="client_secret",
        attached_at=START + timedelta(seconds=1),
        closed_at=START + timedelta(seconds=2),
        reason="hung_up",
    )


def test_what_a_call_has_used_is_kept_for_who_goes_on(stores: Stores) -> None:
    call = attach(stores)
    lease = stores.calls.claim(call, "host_1")
    assert found(stores, call).usage is None
    for seconds in (1.0, 2.5):
        stores.calls.meter(lease, {"transcription": {"seconds": seconds}, "response": {"input_text": 7}})
    stores.calls.release(lease, START)
    assert found(stores, call).usage == {"transcription": {"seconds": 2.5}, "response": {"input_text": 7}}
    assert stores.calls.list_pending(1)[0].usage == found(stores, call).usage


def test_a_released_call_is_anybodys_and_the_releaser_has_no_say_any_more(stores: Stores) -> None:
    call = attach(stores)
    first = stores.calls.claim(call, "host_1")
    stores.calls.release(first, START)
    free = found(stores, call)
    assert (free.status, free.host, free.lease) == ("pending", None, 1)
    for name in ("attached", "meter", "close"):
        with pytest.raises(LeaseLost):
            DEEDS[name](stores.calls, first)
    assert found(stores, call) == free
    assert stores.calls.claim(free, "host_1").number == 2


def test_a_release_whose_answer_was_lost_may_be_repeated_until_another_claims(stores: Stores) -> None:
    call = attach(stores)
    first = stores.calls.claim(call, "host_1")
    stores.calls.release(first, START)
    free = found(stores, call)
    stores.calls.release(first, START)
    assert found(stores, free) == free
    stores.calls.claim(free, "host_2")
    with pytest.raises(LeaseLost):
        stores.calls.release(first, START)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_shard_lists_its_own_calls_alone(stores: Stores, number: int) -> None:
    call = attach(stores, number, f"rtc_{number}")
    mine = pending_shard(call.session_id)
    assert [call.call_id for call in stores.calls.list_pending(10, shard=mine)] == [f"rtc_{number}"]
    assert stores.calls.list_pending(10, shard=(mine + 1) % PENDING_SHARDS) == ()


def test_a_closed_call_stays_closed(stores: Stores) -> None:
    call = attach(stores)
    lease = stores.calls.claim(call, "host_1")
    stores.calls.close(lease, "hung_up", START)
    closed = found(stores, call)
    stores.calls.close(lease, "ended", START + timedelta(days=1))
    assert found(stores, call) == closed
    for host in ("host_1", "host_2"):
        with pytest.raises(LeaseLost):
            stores.calls.claim(closed, host)
    with pytest.raises(LeaseLost):
        stores.calls.claim(call, "host_1")
    for name in ("attached", "meter", "release"):
        with pytest.raises(LeaseLost):
            DEEDS[name](stores.calls, lease)


def test_a_call_that_is_not_there_cannot_be_claimed(stores: Stores) -> None:
    with pytest.raises(LeaseLost):
        stores.calls.claim(Call("sess_none", 2, "rtc_1", START), "host_1")
    assert stores.calls.find("sess_none", 2) is None


def test_calls_without_a_host_are_pending_until_one_claims_them(stores: Stores) -> None:
    calls = [attach(stores, number, f"rtc_{number}") for number in range(1, 6)]
    assert {call.call_id for call in stores.calls.list_pending(100)} == {call.call_id for call in calls}
    lease = stores.calls.claim(calls[0], "host_1")
    closed = stores.calls.claim(calls[1], "host_1")
    stores.calls.close(closed, "ended", START)
    assert {call.call_id for call in stores.calls.list_pending(100)} == {"rtc_3", "rtc_4", "rtc_5"}
    stores.calls.release(lease, START)
    assert "rtc_1" in {call.call_id for call in stores.calls.list_pending(100)}


def test_pending_calls_are_listed_as_they_are_so_that_they_can_be_claimed(stores: Stores) -> None:
    call = attach(stores)
    [pending] = stores.calls.list_pending(10)
    assert pending == call
    assert stores.calls.claim(pending, "host_1").number == 1


@pytest.mark.parametrize("limit", [1, 3, 8])
def test_no_more_are_listed_than_asked_for(stores: Stores, limit: int) -> None:
    for number in range(1, 13):
        attach(stores, number, f"rtc_{number}")
    assert 0 < len(stores.calls.list_pending(limit)) <= limit


def test_a_hosts_calls_are_those_whose_lease_it_holds(stores: Stores) -> None:
    one, two, three = (attach(stores, number, f"rtc_{number}") for number in (1, 2, 3))
    for call in (one, two, three):
        stores.calls.claim(call, "host_1")
    taken = stores.calls.claim(found(stores, two), "host_2")
    assert {call.call_id for call in stores.calls.list_of_host("host_1", 10)} == {"rtc_1", "rtc_3"}
    assert [call.call_id for call in stores.calls.list_of_host("host_2", 10)] == ["rtc_2"]
    assert len(stores.calls.list_of_host("host_1", 1)) == 1
    stores.calls.release(taken, START)
    assert stores.calls.list_of_host("host_2", 10) == ()
    assert stores.calls.list_of_host("host_9", 10) == ()


def test_a_call_whose_time_has_passed_looks_gone(tables: Dynamo, time: Time) -> None:
    call = attach(tables)
    time.sleep(31 * 24 * 3600)
    assert tables.calls.find(call.session_id, call.generation) is None
    assert tables.calls.list_pending(10) == ()
