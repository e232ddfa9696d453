"""Time as the simulator lives it: the clock, and a speed that shortens every wait."""

import asyncio
import time
from collections.abc import Callable


class Pace:
    """Scales simulated seconds to real ones.

    `speed` 10 plays ten seconds of talk in one; `speed` 0 waits for nothing at all.
    Expiries (secrets, the hour of a call) are never scaled: they are promises of the API.
    """

    def __init__(self, speed: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        if speed < 0:
            raise ValueError("speed must not be negative")
        self._scale = 1.0 / speed if speed else 0.0
        self._clock = clock

    def now(self) -> float:
        """Unix time in seconds."""
        return self._clock()

    def real(self, seconds: float) -> float:
        """How many real seconds the simulated ones take."""
        return seconds * self._scale

    def simulated(self, real_seconds: float) -> float:
        """How many simulated seconds passed in real ones; real ones when nothing is waited for."""
        return real_seconds / self._scale if self._scale else real_seconds

    async def sleep(self, seconds: float) -> None:
        """Wait for simulated seconds; always lets others run."""
        await asyncio.sleep(seconds * self._scale)
