"""The contract of viewers: so many watch a session as may, and whoever stays away is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from switchboard.domain import live_limits as limits
from switchboard.domain.errors import TooManyViewers
from switchboard.domain.viewers import Viewer

from tests.contract.stores import Dynamo, Stores, Time


def viewer(
    time: Time, name: str, session_id: str = "sess_1", seconds: int = 60, network: str | None = None
) -> Viewer:
    return Viewer(name, session_id, f"box of {name}", time() + timedelta(seconds=seconds), network)


def test_those_who_watch_a_session_are_listed_and_nobody_else(stores: Stores, time: Time) -> None:
    ann, bob, other = viewer(time, "ann"), viewer(time, "bob"), viewer(time, "eve", "sess_2")
    for each in (ann, bob, other):
        stores.viewers.add(each)
    assert set(stores.viewers.list("sess_1")) == {ann, bob}
    assert stores.viewers.list("sess_2") == (other,)
    assert stores.viewers.list("sess_3") == ()


def test_who_leaves_is_forgotten_and_leaving_again_is_fine(stores: Stores, time: Time) -> None:
    ann, bob = viewer(time, "ann"), viewer(time, "bob")
    stores.viewers.add(ann)
    stores.viewers.add(bob)
    stores.viewers.remove(ann)
    stores.viewers.remove(ann)
    assert stores.viewers.list("sess_1") == (bob,)


def test_one_too_many_is_refused_until_another_leaves(stores: Stores, time: Time) -> None:
    crowd = [viewer(time, f"v{number}") for number in range(limits.VIEWERS_MAX)]
    for each in crowd:
        stores.viewers.add(each)
    with pytest.raises(TooManyViewers) as caught:
        stores.viewers.add(viewer(time, "late"))
    assert caught.value.retry_after
    stores.viewers.remove(crowd[3])
    stores.viewers.add(viewer(time, "late"))
    assert len(stores.viewers.list("sess_1")) == limits.VIEWERS_MAX


def test_guests_of_a_network_share_their_places_and_nobody_elses(stores: Stores, time: Time) -> None:
    crowd = [viewer(time, f"v{n}", f"sess_{n}", network="home") for n in range(limits.VIEWERS_NETWORK)]
    for each in crowd:
        stores.viewers.add(each)
    late = viewer(time, "late", "sess_late", network="home")
    with pytest.raises(TooManyViewers):
        stores.viewers.require(late, None)
    with pytest.raises(TooManyViewers):
        stores.viewers.add(late)
    assert stores.viewers.list("sess_late") == ()
    stores.viewers.require(late, "v3")
    stores.viewers.add(viewer(time, "user", "sess_late"))
    stores.viewers.add(viewer(time, "other", "sess_late", network="elsewhere"))
    [earlier] = stores.viewers.list("sess_3")
    stores.viewers.remove(earlier)
    stores.viewers.add(late)


def test_who_has_stayed_away_too_long_makes_room(stores: Stores, time: Time) -> None:
    for number in range(limits.VIEWERS_MAX):
        stores.viewers.add(viewer(time, f"v{number}", seconds=60))
    time.sleep(61)
    assert stores.viewers.list("sess_1") == ()
    fresh = viewer(time, "fresh")
    stores.viewers.add(fresh)
    assert stores.viewers.list("sess_1") == (fresh,)


def test_a_viewer_that_leaves_late_takes_nobody_elses_place(tables: Dynamo, time: Time) -> None:
    old, fresh = viewer(time, "old"), viewer(time, "fresh", seconds=600)
    tables.viewers.add(old)
    time.sleep(61)
    tables.viewers.add(fresh)
    tables.viewers.remove(old)
    assert tables.viewers.list("sess_1") == (fresh,)
    assert len(tables.rows()) == 1
