"""An event loop whose clock leaps to the next timer: a conversation of minutes is over in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from sideband.aside import Aside

P = ParamSpec("P")
T = TypeVar("T")


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its time is the sum of its leaps."""

    def __init__(self) -> None:
        self.leapt = 0.0
        super().__init__(_Leaping(self))

    def time(self) -> float:
        """Seconds since the loop began."""
        return self.leapt


class _Leaping(selectors.SelectSelector):
    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self._loop.leapt += timeout
        return ready


class After(Aside):
    """A lane whose work takes that many seconds of the leaping clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        super().__init__("after", 1)
        self._seconds = seconds

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work once its time is over."""
        await asyncio.sleep(self._seconds())
        return work(*args, **kwargs)


def in_leaps(story: Coroutine[Any, Any, T]) -> T:
    """Return what the story returns."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(story)
