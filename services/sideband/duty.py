"""Do something again and again, whatever goes wrong, and note that it still goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from switchboard.domain.errors import SwitchboardError

from sideband import limits, log

Duty = Callable[[], Awaitable[None]]


class Duties:
    """Repeats duties until told to stop.

    Attributes:
        ended_at: the loop's time at which each duty, by name, last came to an end, good or bad.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping: dict[str, asyncio.Event] = {}
        self.ended_at: dict[str, float] = {}

    def start(
        self,
        name: str,
        seconds: float,
        duty: Duty,
        *,
        first_pause: float = 0.0,
        again: float = limits.DUTY_PAUSE,
    ) -> None:
        """Repeat the duty with pauses of about that length; `again` seconds after one that failed."""
        self._stopping[name] = asyncio.Event()
        self.ended_at[name] = asyncio.get_running_loop().time()
        self._tasks[name] = asyncio.create_task(self._repeat(name, seconds, duty, first_pause, again))

    async def stop(self, *names: str, patience: float) -> None:
        """Let the duties finish what they are doing; after `patience` seconds they are cancelled."""
        for name in names:
            self._stopping[name].set()
        tasks = [self._tasks[name] for name in names]
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def cancel(self) -> None:
        """End every duty at once."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _repeat(self, name: str, seconds: float, duty: Duty, first_pause: float, again: float) -> None:
        stopping, clock = self._stopping[name], asyncio.get_running_loop().time
        failing = False
        await _wait(stopping, first_pause)
        while not stopping.is_set():
            pause = seconds * self._chance.uniform(0.8, 1.2)
            try:
                await duty()
                failing = False
            except Exception as error:  # whatever a store may raise; the next round may go well
                tell = log.warning if isinstance(error, SwitchboardError) else log.error
                if not failing:
                    tell("duty.failed", error, duty=name)
                failing = True
                pause = again
            self.ended_at[name] = clock()
            await _wait(stopping, pause)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
