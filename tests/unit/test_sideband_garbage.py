"""When a host looks for garbage, told in leaps of time."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest
from sideband import limits
from sideband.garbage import collect

from tests.unit.sideband_world import in_leaps


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_old_objects_are_looked_through_by_the_clock_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(gc, "collect", lambda: looks.append(asyncio.get_running_loop().time()))

    async def story() -> None:
        collecting = asyncio.create_task(collect())
        await asyncio.sleep(2.5 * limits.COLLECT)
        collecting.cancel()

    in_leaps(story())
    assert looks == [limits.COLLECT, 2 * limits.COLLECT]
    young, middle, old = gc.get_threshold()
    assert (young, middle) == (limits.COLLECT_YOUNG, limits.COLLECT_MIDDLE)
    assert old * middle * young > 10**12
