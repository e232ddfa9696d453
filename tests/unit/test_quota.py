"""Allowances let through what they allow in every window, and tell when to come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.domain.errors import QuotaExceeded, Throttled, UpstreamRefused
from switchboard.domain.principal import Guest, Principal, Service, User
from switchboard.domain.quota import Allowance, Bucket, Quotas, concerned
from switchboard.stores.buckets import MemoryBuckets

from tests.unit.fakes import START, FakeClock

SECOND = 10**6


class Desk:
    """Quotas of small allowances, and what they told."""

    def __init__(self, **allowances: str) -> None:
        texts = {"guest": "2/60", "network": "3/60", "user": "2/60", "fleet": "10/60", **allowances}
        self.clock = FakeClock()
        self.told: list[tuple[str, float]] = []
        self.buckets = MemoryBuckets()
        self.quotas = Quotas(
            self.buckets,
            {f"mint:{scope}": Allowance.parse(text) for scope, text in texts.items()},
            self.clock,
            lambda name, value, unit: self.told.append((name, value)),
        )

    def admits(self, principal: Principal) -> bool:
        try:
            self.quotas.reserve(principal)
        except QuotaExceeded:
            return False
        return True


def guest(name: str, network: str = "home") -> Guest:
    return Guest(name, network=network)


@pytest.mark.parametrize(
    "text", ["", "20", "20/", "/60", "a/60", "-1/60", "5/0", "5/-1", "1e3/60", f"{10**10}/60"]
)
def test_an_allowance_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Allowance.parse(text)


def test_a_bucket_gives_its_tokens_at_once_and_then_one_by_one() -> None:
    allowance, bucket = Allowance(3, 30), Bucket()
    for left in (2, 1, 0):
        bucket, taken = bucket.take(allowance, 1000 * SECOND)
        assert (taken.admitted, taken.left) == (True, left)
    unchanged, refused = bucket.take(allowance, 1000 * SECOND)
    assert (unchanged, refused.admitted, refused.wait) == (bucket, False, 10.0)
    _, early = bucket.take(allowance, 1010 * SECOND - 1)
    bucket, late = bucket.take(allowance, 1010 * SECOND)
    assert (early.admitted, late.admitted) == (False, True)


def test_nobody_is_admitted_by_an_allowance_of_nothing() -> None:
    _, taken = Bucket().take(Allowance(0, 60), 0)
    assert (taken.admitted, taken.wait) == (False, 60.0)


@settings(max_examples=200)
@given(
    tokens=st.integers(1, 7),
    seconds=st.integers(1, 40),
    steps=st.lists(st.tuples(st.integers(0, 9 * SECOND), st.booleans()), max_size=60),
)
def test_no_window_ever_sees_more_than_the_allowance_and_what_comes_back_in_it(
    tokens: int, seconds: int, steps: list[tuple[int, bool]]
) -> None:
    allowance, bucket, now = Allowance(tokens, seconds), Bucket(), 10**15
    kept: list[int] = []
    for wait, unused in steps:
        now += wait
        bucket, taken = bucket.take(allowance, now)
        if taken.admitted and unused:
            bucket = bucket.give_back(allowance)
        elif taken.admitted:
            kept.append(now)
    for start in range(len(kept)):
        for end in range(start, len(kept)):
            returned = (kept[end] - kept[start]) * tokens // (seconds * SECOND)
            assert end - start + 1 <= tokens + returned


def test_whoever_waits_as_long_as_told_is_admitted() -> None:
    desk = Desk()
    assert desk.admits(guest("a"))
    assert desk.admits(guest("a"))
    with pytest.raises(QuotaExceeded) as caught:
        desk.quotas.reserve(guest("a"))
    assert caught.value.retry_after == 30
    assert caught.value.details == {"quota": "guest"}
    desk.clock.sleep(30)
    assert desk.admits(guest("a"))


def test_a_guest_who_drops_the_cookie_meets_the_network() -> None:
    desk = Desk()
    assert [desk.admits(guest(f"g{number}")) for number in range(5)] == [True, True, True, False, False]
    assert desk.admits(guest("elsewhere", network="office"))


def test_a_refusal_takes_nothing() -> None:
    desk = Desk(guest="1/60", network="2/60")
    assert desk.admits(guest("a"))
    for _ in range(5):
        assert not desk.admits(guest("a"))
    assert desk.admits(guest("b"))


def test_users_have_their_own_allowance_whatever_their_network_does() -> None:
    desk = Desk(network="0/60")
    assert not desk.admits(guest("a"))
    assert desk.admits(User("ann", network="home"))
    assert desk.admits(User("ann"))
    assert not desk.admits(User("ann"))
    assert desk.admits(User("bob"))


def test_the_fleet_has_one_for_all_services_too() -> None:
    desk = Desk(fleet="2/60")
    assert desk.admits(Service("backend"))
    assert desk.admits(User("ann"))
    assert not desk.admits(Service("backend"))
    assert ("QuotaFleetRefusals", 1) in desk.told


def test_what_the_upstream_refused_is_given_back() -> None:
    desk = Desk(user="1/60")
    for _ in range(3):
        with pytest.raises(UpstreamRefused), desk.quotas.reserved(User("ann")):
            raise UpstreamRefused("no")
    with desk.quotas.reserved(User("ann")):
        pass
    assert not desk.admits(User("ann"))


def test_a_store_that_fails_halfway_leaves_nothing_reserved() -> None:
    desk = Desk(guest="1/60")
    take = desk.buckets.take

    def broken(name: str, *rest: object) -> object:
        if ":network:" in name:
            raise Throttled("busy")
        return take(name, *rest)  # type: ignore[arg-type]  # passed on as they came

    desk.buckets.take = broken  # type: ignore[assignment, method-assign]  # a store that fails
    with pytest.raises(Throttled):
        desk.quotas.reserve(guest("a"))
    desk.buckets.take = take  # type: ignore[method-assign]  # and heals
    assert desk.admits(guest("a"))


def test_the_operator_is_told_how_much_of_the_fleets_allowance_guests_find_used() -> None:
    desk = Desk(guest="9/60", network="9/60")
    desk.admits(User("ann"))
    desk.admits(guest("a"))
    assert desk.told == [("FleetUsedWhenGuestsAsk", 20.0)]


def test_no_bucket_is_named_by_what_a_token_says() -> None:
    for principal in (User("ann#\n:x"), guest("ann#\n:x")):
        assert all("ann" not in who for _, who in concerned(principal))


def test_tokens_come_back_evenly_not_all_at_the_full_hour() -> None:
    desk = Desk(user="6/60")
    admitted = 0
    for _ in range(600):
        admitted += desk.admits(User("ann"))
        desk.clock.sleep(0.1)
    assert admitted == 6 + 5
    assert desk.clock() - START == timedelta(seconds=60)
