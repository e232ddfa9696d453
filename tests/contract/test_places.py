"""The places' contract, against every store: a place has one holder, and there are no more than there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchboard.domain import limits
from switchboard.domain.errors import TooManyCalls
from switchboard.domain.place import Place, PlaceRows, Sizes, Slot, pools_of
from switchboard.domain.places import Coming, Places
from switchboard.stores.dynamodb.places import DynamoPlaces
from switchboard.stores.places import MemoryPlaces

from tests.contract.stores import START, Dynamo, Time

SECONDS = int(START.timestamp())
SLOT = Slot("user:ann", 0, 3)
HELD = Place("sess_1").expect(2, SECONDS)
NUMBERS = count()
"""Names of pools that no earlier example has used."""


@pytest.fixture
def dynamo(tables: Dynamo) -> DynamoPlaces:
    """Places in a table of its own, in a simulated DynamoDB."""
    return DynamoPlaces(tables.table)


@pytest.fixture(params=["memory", "dynamodb"])
def rows(request: pytest.FixtureRequest) -> PlaceRows:
    """One store after the other."""
    found: PlaceRows = MemoryPlaces() if request.param == "memory" else request.getfixturevalue("dynamo")
    return found


def test_a_place_is_what_was_last_put_there(rows: PlaceRows) -> None:
    assert rows.find(SLOT) is None
    assert rows.swap(SLOT, None, HELD, SECONDS)
    heard = HELD.settle(2, SECONDS)
    assert rows.swap(SLOT, HELD, heard, SECONDS)
    assert rows.find(SLOT) == heard
    assert rows.list(SLOT.pool, SLOT.window) == {3: heard}
    assert rows.list(SLOT.pool, 1) == rows.list("user:bob", 0) == {}


def test_a_place_that_has_changed_is_not_swapped(rows: PlaceRows) -> None:
    assert rows.swap(SLOT, None, HELD, SECONDS)
    assert not rows.swap(SLOT, None, Place("sess_2").expect(2, SECONDS), SECONDS)
    assert not rows.swap(SLOT, HELD.settle(2, SECONDS), HELD.leave(2), SECONDS)
    assert rows.find(SLOT) == HELD


def test_a_place_that_nobody_holds_any_more_is_gone(rows: PlaceRows) -> None:
    assert rows.swap(SLOT, None, HELD, SECONDS)
    assert rows.swap(SLOT, HELD, HELD.leave(2), SECONDS)
    assert rows.find(SLOT) is None
    assert rows.list(SLOT.pool, SLOT.window) == {}


def test_a_place_that_has_lapsed_is_free(rows: PlaceRows, time: Time) -> None:
    assert rows.swap(SLOT, None, HELD, SECONDS)
    later = SECONDS + limits.CALL_COMING_SECONDS
    time.now += timedelta(seconds=limits.CALL_COMING_SECONDS)
    other = Place("sess_2").expect(2, later)
    assert rows.swap(SLOT, None, other, later)
    assert rows.find(SLOT) == other


def places(rows: PlaceRows, time: Time, sizes: Sizes) -> Places:
    """The places of pools of these sizes."""
    return Places(rows, sizes, time, lambda name, value, unit: None)


def admits(desk: Places, coming: Coming) -> bool:
    try:
        desk.take(coming)
    except TooManyCalls:
        return False
    return True


def test_ten_thousand_at_once_get_exactly_the_places_there_are(time: Time) -> None:
    desk = places(MemoryPlaces(), time, {"user": 7, "fleet": 500})
    asking = [Coming(f"user:{number % 100}", None, f"sess_{number}", 2) for number in range(10_000)]
    with ThreadPoolExecutor(64) as pool:
        admitted = list(pool.map(lambda coming: admits(desk, coming), asking))
    assert sum(admitted) == 500
    by_user = [sum(admitted[user::100]) for user in range(100)]
    assert max(by_user) <= 7


def test_the_table_gives_exactly_the_places_there_are(dynamo: DynamoPlaces, time: Time) -> None:
    desk = places(dynamo, time, {"fleet": 70})
    assert sum(admits(desk, Coming("service:s", None, f"sess_{number}", 2)) for number in range(80)) == 70


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "settle", "forgo", "leave", "wait"]), st.integers(0, 5), st.integers(1, 4)
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_history_gives_out_more_places_than_there_are_or_keeps_one(
    rows: PlaceRows, time: Time, steps: list[tuple[str, int, int]]
) -> None:
    """Three places, six sessions; whoever holds one by the model holds one, and in the end all come free."""
    desk, pool = places(rows, time, {"user": 3}), f"user:{next(NUMBERS)}"
    slots: dict[str, tuple[str, ...]] = {}
    for verb, number, generation in steps:
        session_id = f"sess_{number}"
        held = slots.get(session_id, ())
        if verb == "take":
            coming = Coming(pool, None, session_id, generation, held)
            if admits(desk, coming):
                slots[session_id] = desk.take(coming)  # the same again is the same place
        elif verb == "settle":
            desk.settle(held, session_id, generation)
        elif verb == "forgo":
            desk.forgo(held, session_id, generation)
        elif verb == "leave":
            desk.leave(held, session_id, generation)
        else:
            time.now += timedelta(seconds=generation * limits.CALL_COMING_SECONDS / 4)
        window = _held(rows, desk, pool, time)
        assert len(window) <= 3
        assert len({place.holder for place in window}) == len(window)
    for session_id, held in slots.items():
        desk.leave(held, session_id, 4)
    assert _held(rows, desk, pool, time) == []


def _held(rows: PlaceRows, desk: Places, owner: str, time: Time) -> list[Place]:
    [pool] = pools_of(owner, None, {"user": 3})
    now = int(time.now.timestamp())
    return [place for place in rows.list(pool.name, 0).values() if place.lapses_at > now]
