"""End a call upstream, and hear its last words."""

from __future__ import annotations

import asyncio

from switchboard.domain.errors import UpstreamError

from sideband import limits, log
from sideband.attach import Attacher
from sideband.deps import Shared


async def hang_up(
    call_id: str, attacher: Attacher, shared: Shared, last_frames: asyncio.Task[int] | None
) -> bool:
    """Hang up; return whether the connection's end has confirmed it.

    The upstream answers a key that did not create the call as if the call were over. So every key is used,
    unless `last_frames`, the listening on an open connection, ends and proves that one was right.
    """
    try:
        for credential in await attacher.credentials():
            try:
                await shared.aside(shared.deps.realtime.hang_up, call_id, credential)
            except UpstreamError as error:
                log.warning("follow.hang_up_failed", error, call_id=call_id)
                continue
            if last_frames is not None:
                await asyncio.wait((last_frames,), timeout=limits.LAST_FRAMES)
                if last_frames.done():
                    return True
        return False
    finally:
        if last_frames is not None:
            last_frames.cancel()
