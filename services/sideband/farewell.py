"""End a call upstream, and hear its last words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switchboard.domain.errors import UpstreamError, UpstreamRefused
from switchboard.domain.secret import Credential

from sideband import limits, log
from sideband.attach import Attacher
from sideband.deps import Shared
from sideband.ear import CLEAN

LastFrames = asyncio.Task[int] | None
"""The listening on an open connection; its end proves that the call is over."""


async def hang_up(call_id: str, attacher: Attacher, shared: Shared, last_frames: LastFrames) -> bool:
    """Hang up; return whether the connection's end has confirmed it.

    The upstream answers a key that did not create the call as if the call were over. So every key is used,
    until `last_frames` proves that one was right. An upstream that fails is asked again for a while, as the
    call goes on, is heard and costs.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + limits.HANG_UP_PATIENCE
    backoff = shared.backoff(limits.HANG_UP_FIRST, limits.HANG_UP_LONGEST)
    try:
        untried: Sequence[Credential] = await attacher.credentials()
        while True:
            proved, untried = await _round(call_id, untried, shared, last_frames)
            if proved or _was_left(last_frames):
                return True
            if not untried or clock() >= deadline:
                break
            await asyncio.sleep(backoff.next())
        if untried or last_frames is not None:
            shared.metrics.not_ended += 1
            log.error("follow.not_hung_up", call_id=call_id, failed=len(untried))
        return False
    finally:
        if last_frames is not None:
            last_frames.cancel()


async def _round(
    call_id: str, keys: Sequence[Credential], shared: Shared, last_frames: LastFrames
) -> tuple[bool, Sequence[Credential]]:
    """Hang up with each key until the line ends; return whether it did, and the keys that failed."""
    failed = []
    for key in keys:
        try:
            await shared.aside(shared.deps.realtime.hang_up, call_id, key)
        except UpstreamRefused:  # no good any more, or never was
            continue
        except UpstreamError as error:
            log.warning("follow.hang_up_failed", error, call_id=call_id)
            failed.append(key)
            continue
        if last_frames is not None:
            await asyncio.wait((last_frames,), timeout=limits.LAST_FRAMES)
            if last_frames.done():
                return True, ()
    return False, failed


def _was_left(last_frames: LastFrames) -> bool:
    """True when the line was closed in good order by the other side, without our doing."""
    if last_frames is None or not last_frames.done() or last_frames.exception() is not None:
        return False
    return last_frames.result() in CLEAN
