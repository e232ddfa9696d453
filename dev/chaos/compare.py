"""Compare every transcript with what was said on its call: as hosts wrote it down, and as it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from switchboard.domain.call import Call
from switchboard.domain.log import log_id
from switchboard.domain.report import report_of
from switchboard.domain.talk import items_of
from switchboard.domain.transcript import Item
from switchboard.usecases.read_talk import read_talk

from dev.chaos.browsers import log_of
from dev.chaos.reading import Reading
from dev.chaos.storm import Storm
from dev.chaos.takeovers import Takeovers
from dev.chaos.tally import Tally
from dev.chaos.truth import lines_of
from dev.chaos.world import World
from dev.simulator.caller import Caller


async def compare(world: World, caller: Caller, storm: Storm, takeovers: Takeovers) -> tuple[Tally, Reading]:
    """Compare what hosts heard, then what is read once the browsers have left their logs."""
    tally, reading = Tally(), Reading()
    for call in storm.calls:
        told = await caller.truth(call.call_id)
        truth = lines_of(told, takeovers.deaths(call.call_id))
        wrong = len(tally.wrong)
        pages = await asyncio.to_thread(world.transcripts.pages, call.session_id, call.generation)
        tally.add(call.call_id, truth, items_of(pages))
        stored = await asyncio.to_thread(world.calls.find, call.session_id, call.generation)
        if len(tally.wrong) > wrong:
            tally.wrong.append(f"{call.call_id}: {_history(told, stored, takeovers)}")
        storm.counts["calls not closed in time"] += stored is None or stored.status != "closed"
        reading.add(call.call_id, truth, await asyncio.to_thread(_read, world, call, told["transcript"]))
    return tally, reading


def _read(world: World, call: Call, transcript: list[dict[str, Any]]) -> Sequence[Item]:
    """Leave the log of the call's browser; return what everybody reads from then on."""
    log = log_of(call.session_id, transcript)
    name = log_id("guest:chaos", log)
    world.reports.add(call.session_id, name, datetime.now(UTC), report_of(log))
    return read_talk(call.session_id, world)


def _history(told: dict[str, Any], stored: Call | None, takeovers: Takeovers) -> str:
    """Return who listened when, and which hosts died of the call, to see what became of an item."""
    heard = [
        f"{each['since']:.1f}-{each['until'] or 0:.1f}{' cut' if each['cut'] else ''}"
        for each in told["listeners"]
    ]
    items = [
        f"{line['item_id'][-4:]} {line['told'][0]:.1f}-{line['told'][1]:.1f}" for line in told["transcript"]
    ]
    deaths = [f"{death:.1f}" for death in takeovers.deaths(told["id"])]
    lease = f"lease {stored.lease}, {stored.reason}" if stored else "no row"
    return f"{lease}; heard {', '.join(heard)}; deaths {', '.join(deaths)}; items {', '.join(items)}"
