"""The events of one stream, as they travel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any

from switchboard.domain import live_limits as limits
from switchboard.domain.live import END, Shown
from switchboard.live.wiring import Web
from switchboard.usecases.stream_transcript import StreamedItem, StreamEnd
from switchboard.usecases.viewing import Viewing

RETRY = f"retry: {limits.STREAM_PAUSE_MS}\n\n".encode()
"""How long a browser waits before it asks again."""


@dataclass
class Going:
    """A stream on its way. `facts` become its log line; `items` counts those sent."""

    web: Web
    viewing: Viewing
    facts: dict[str, Any]
    items: int = 0


async def events(going: Going, shown: Iterable[Shown]) -> AsyncGenerator[bytes, None]:
    """Yield what there is, then news as they come, until the session or the stream's time is over.

    However it ends, place and mailbox are free by then.
    """
    viewing, aside = going.viewing, going.web.aside
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        yield RETRY
        while True:
            for each in shown:
                going.items += 1
                yield item_event(each)
            if viewing.over:
                yield end_event(viewing.session_id)
            if viewing.over or viewing.gone or clock() - began >= limits.STREAM_SECONDS:
                return
            shown = await aside(viewing.wait)
    finally:
        await asyncio.shield(aside(viewing.close))
        seconds = round(clock() - began, 1)
        extra = {**going.facts, "items": going.items, "seconds": seconds, "ended": viewing.over}
        going.web.log.info("stream", extra=extra)


def item_event(shown: Shown) -> bytes:
    """Return an item as it travels."""
    return _event(shown.id, "item", StreamedItem.shown(shown).model_dump_json(by_alias=True))


def end_event(session_id: str) -> bytes:
    """Return the last event of a session."""
    return _event(END, "end", StreamEnd(session_id=session_id).model_dump_json(by_alias=True))


def _event(name: str, kind: str, data: str) -> bytes:
    return f"id: {name}\nevent: {kind}\ndata: {data}\n\n".encode()
