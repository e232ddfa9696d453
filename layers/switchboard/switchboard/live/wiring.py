"""Where the live view's parts meet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from switchboard.bootstrap import bootstrap
from switchboard.domain import live_limits as limits
from switchboard.domain.credentials import Identity
from switchboard.domain.ports.surroundings import NewId
from switchboard.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
PARTS = ("sessions", "calls", "transcripts", "viewers", "mailboxes", "sideband", "clock", "sleep", "new_id")


@dataclass(frozen=True)
class Web:
    """What the route works with. `threads` are where streams wait for their mailboxes."""

    parts: Any  # the parts that `stream_transcript` needs
    identity: Identity
    settings: Settings
    new_id: NewId
    log: Any
    threads: Executor

    def aside(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[R]:
        """Begin what blocks, beside the event loop. Cancelled, the thread finishes alone."""
        return asyncio.get_running_loop().run_in_executor(self.threads, lambda: work(*args, **kwargs))


def web() -> Web:
    """Return the parts as the environment says; they are made now, while the process starts."""
    from aws_lambda_powertools import Logger

    log = Logger(service="stream_transcript")
    logging.getLogger("switchboard").addHandler(log.registered_handler)
    parts = bootstrap((*PARTS, "identity", "settings"))
    threads = ThreadPoolExecutor(2 * limits.STREAMS_OF_A_PROCESS, thread_name_prefix="stream")
    return Web(parts, parts.identity, parts.settings, parts.new_id, log, threads)
