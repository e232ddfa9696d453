"""Take down what happened on a call besides talk, in the session's audit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from switchboard.domain.audit import AuditEntry
from switchboard.domain.call import Lease
from switchboard.domain.errors import SwitchboardError

from sideband import log
from sideband.deps import Shared


class Trail:
    """The audit of one follow. Whoever tells it something waits for nothing."""

    __slots__ = ("_lease", "_shared", "_tasks")

    def __init__(self, lease: Lease, shared: Shared) -> None:
        self._lease = lease
        self._shared = shared
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: str, facts: Mapping[str, Any]) -> None:
        """Write the event down soon; if the table is too busy for it, the log has it all the same."""
        ids = {"session_id": self._lease.session_id, "call_id": self._lease.call_id}
        log.info(event, **ids, **facts)
        entry = AuditEntry(self._shared.deps.clock(), event, {"callId": self._lease.call_id, **facts})
        task = asyncio.get_running_loop().create_task(self._write(entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, entry: AuditEntry) -> None:
        try:
            await self._shared.aside(self._shared.deps.audits.add, self._lease.session_id, entry)
        except SwitchboardError as error:
            log.warning("audit.lost", error, session_id=self._lease.session_id, event=entry.event)
