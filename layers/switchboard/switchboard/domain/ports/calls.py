"""Where calls are kept, and who follows which."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from switchboard.domain.call import Call, Lease
from switchboard.domain.price import Totals


class Calls(Protocol):
    """The calls of all sessions, and who follows which. A claim by a second host ends the first's lease."""

    def list(self, session_id: str) -> tuple[Call, ...]:
        """Return the session's calls, oldest first."""

    def find(self, session_id: str, generation: int) -> Call | None:
        """Return the call attached at that generation, if there is one."""

    def claim(self, call: Call, host: str) -> Lease:
        """Take the lease of a call as it was read. Raise LeaseLost if another was faster or it is closed.

        A repeat by the same host returns the same lease.
        """

    def attached(self, lease: Lease, credential: str, now: datetime) -> None:
        """Record that the sideband is on the call, and with which kind of key. Raise LeaseLost."""

    def release(self, lease: Lease, now: datetime) -> None:
        """Give the lease back so that any host may claim the call at once; a repeat changes nothing.

        Raise LeaseLost.
        """

    def meter(self, lease: Lease, usage: Totals) -> None:
        """Store what the call has used by now, in place of what was stored. Raise LeaseLost."""

    def close(self, lease: Lease, reason: str, now: datetime) -> None:
        """Record that the call is over. Raise LeaseLost; closing a closed call changes nothing."""

    def list_pending(
        self, limit: int, until: datetime | None = None, shard: int | None = None
    ) -> tuple[Call, ...]:
        """Return up to `limit` calls that no host follows, those that wait longest first in each shard.

        With `until` only those that have waited since then or longer; with `shard` only those of one shard.
        """

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        """Return up to `limit` calls whose lease that host holds."""
