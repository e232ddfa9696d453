"""The buckets' contract, against every store: in memory, in Redis, and in the table."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import fakeredis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchboard.domain.quota import Allowance, Bucket, Buckets, microseconds
from switchboard.stores.buckets import MemoryBuckets
from switchboard.stores.dynamodb.buckets import DynamoBuckets
from switchboard.stores.redis.buckets import RedisBuckets

from tests.contract.stores import START, Dynamo

ALLOWANCE = Allowance(3, 30)
NUMBERS = count()
"""Names of buckets that no earlier example has used."""


@pytest.fixture
def dynamo(tables: Dynamo) -> DynamoBuckets:
    """Buckets in a table of its own, in a simulated DynamoDB."""
    return DynamoBuckets(tables.table)


@pytest.fixture(params=["memory", "redis", "dynamodb"])
def buckets(request: pytest.FixtureRequest) -> Buckets:
    """One store after the other."""
    if request.param == "dynamodb":
        found: Buckets = request.getfixturevalue("dynamo")
        return found
    return MemoryBuckets() if request.param == "memory" else RedisBuckets(fakeredis.FakeRedis())


def test_a_bucket_gives_what_it_has_and_tells_when_there_is_more(buckets: Buckets) -> None:
    taken = [buckets.take("b", ALLOWANCE, START) for _ in range(4)]
    assert [(one.admitted, one.left) for one in taken] == [(True, 2), (True, 1), (True, 0), (False, 0)]
    assert taken[-1].wait == 10.0
    assert not buckets.take("b", ALLOWANCE, START + timedelta(seconds=9.999)).admitted
    assert buckets.take("b", ALLOWANCE, START + timedelta(seconds=10)).admitted


def test_buckets_do_not_know_of_each_other(buckets: Buckets) -> None:
    one = Allowance(1, 60)
    assert [buckets.take(name, one, START).admitted for name in ("a", "b", "a")] == [True, True, False]


def test_what_is_given_back_can_be_taken_again_but_never_twice(buckets: Buckets) -> None:
    one = Allowance(1, 60)
    assert buckets.take("b", one, START).admitted
    buckets.give_back("b", one)
    assert buckets.take("b", one, START).admitted
    assert not buckets.take("b", one, START).admitted


def test_a_full_bucket_stays_full_whatever_is_given_back(buckets: Buckets) -> None:
    buckets.give_back("b", ALLOWANCE)
    assert buckets.take("b", ALLOWANCE, START).admitted
    for _ in range(5):
        buckets.give_back("b", ALLOWANCE)
    assert [buckets.take("b", ALLOWANCE, START).admitted for _ in range(4)] == [True, True, True, False]


def test_an_allowance_of_nothing_admits_nobody(buckets: Buckets) -> None:
    assert not buckets.take("b", Allowance(0, 60), START).admitted


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tokens=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 20 * 10**6), st.booleans()), max_size=12),
)
def test_every_store_decides_as_the_domain_does(
    buckets: Buckets, tokens: int, steps: list[tuple[int, bool]]
) -> None:
    allowance, model, now, name = Allowance(tokens, 30), Bucket(), START, f"b{next(NUMBERS)}"
    for wait, unused in steps:
        now += timedelta(microseconds=wait)
        model, expected = model.take(allowance, microseconds(now))
        assert buckets.take(name, allowance, now) == expected
        if expected.admitted and unused:
            model = model.give_back(allowance)
            buckets.give_back(name, allowance)


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_ten_thousand_at_once_are_never_one_more_than_the_allowance(store: str) -> None:
    buckets: Buckets = MemoryBuckets() if store == "memory" else RedisBuckets(fakeredis.FakeRedis())
    assert admitted(lambda: buckets.take("b", Allowance(500, 3600), START).admitted, 10_000) == 500


def admitted(ask: Callable[[], bool], times: int) -> int:
    """Ask from 64 threads at once; return how often the answer was yes."""
    with ThreadPoolExecutor(64) as pool:
        return sum(pool.map(lambda _: ask(), range(times)))
