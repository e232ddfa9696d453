"""`python -m dev.chaos.host`: a host with a wrong wall clock, which also tells how late its loop is.

CHAOS_SKEW is by how many seconds the clock is ahead; CHAOS_PLANT names a defect to plant, see `plants.py`.
"""

from __future__ import annotations

import asyncio
import datetime as calendar
import json
import os
import sys
import time

from dev.chaos import limits

_TIME, _TIME_NS = time.time, time.time_ns


def skew_clock(seconds: float) -> None:
    """Have everything in this process that asks for the time get it so many seconds late or early."""

    class Skewed(calendar.datetime):
        """The datetime of a machine whose clock is wrong."""

        @classmethod
        def now(cls, tz: calendar.tzinfo | None = None) -> Skewed:
            """Return the wrong time."""
            return cls.fromtimestamp(_TIME() + seconds, tz)

    # Before any module of the host is imported: they take these names from here.
    calendar.datetime = Skewed  # type: ignore[misc]  # mypy knows no module whose class is replaced
    time.time = lambda: _TIME() + seconds
    time.time_ns = lambda: _TIME_NS() + int(seconds * 1e9)


async def _live() -> None:
    """Run the host; tell what its own clock says, and how late its event loop has been."""
    from sideband.__main__ import run
    from switchboard.bootstrap import Parts

    _tell(message="chaos.clock", says=Parts({}).clock().timestamp())
    lag = asyncio.create_task(_watch_the_loop())
    await run()
    lag.cancel()


async def _watch_the_loop() -> None:
    loop = asyncio.get_running_loop()
    while True:
        latest, until = 0.0, loop.time() + limits.LAG_TOLD_EVERY
        while loop.time() < until:
            due = loop.time() + limits.LAG_STEP
            await asyncio.sleep(limits.LAG_STEP)
            latest = max(latest, loop.time() - due)
        _tell(message="chaos.lag", ms=round(latest * 1000))


def _tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run until told to leave."""
    skew_clock(float(os.environ.get("CHAOS_SKEW") or 0.0))
    from sideband import log

    if plant := os.environ.get("CHAOS_PLANT"):
        from dev.chaos.plants import PLANTS

        PLANTS[plant].sow()
    log.start()
    asyncio.run(_live())
    sys.stdout.flush()
    os._exit(0)  # as the host itself does: its threads have nothing to add


if __name__ == "__main__":
    main()
