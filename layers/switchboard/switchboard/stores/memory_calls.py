"""Calls and their leases in one process's memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any

from switchboard.domain.call import Call, Lease, pending_shard
from switchboard.domain.errors import CallTaken, LeaseLost
from switchboard.domain.price import Totals


class MemoryCalls:
    """The calls and their leases."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, int], Call] = {}
        self._lock = RLock()

    def require_free(self, call: Call) -> None:
        """Raise CallTaken if the call is another session's."""
        if any(
            known.call_id == call.call_id and known.session_id != call.session_id
            for known in self._calls.values()
        ):
            raise CallTaken("That call is attached to another session.")

    def add(self, call: Call) -> None:
        """Store a new call."""
        self._calls[call.session_id, call.generation] = call

    def list(self, session_id: str) -> tuple[Call, ...]:
        """Return the session's calls, oldest first."""
        return tuple(call for (owner, _), call in sorted(self._calls.items()) if owner == session_id)

    def find(self, session_id: str, generation: int) -> Call | None:
        """Return the call attached at that generation, if there is one."""
        return self._calls.get((session_id, generation))

    def claim(self, call: Call, host: str) -> Lease:
        """Take the lease of a call as it was read. Raise LeaseLost if another was faster or it is closed."""
        lease = Lease(call.session_id, call.generation, call.call_id, host, call.lease + 1)
        with self._lock:
            if not self._holds(lease):
                stored = self._calls.get((call.session_id, call.generation))
                if stored is None or stored.lease != call.lease or stored.status == "closed":
                    raise _lost()
                self._change(stored, lease=lease.number, host=host, status="followed")
        return lease

    def attached(self, lease: Lease, credential: str, now: datetime) -> None:
        """Record that the sideband is on the call, and with which kind of key. Raise LeaseLost."""
        with self._lock:
            self._change(self._held(lease), credential=credential, attached_at=now)

    def meter(self, lease: Lease, usage: Totals) -> None:
        """Store what the call has used by now, in place of what was stored. Raise LeaseLost."""
        with self._lock:
            self._change(self._held(lease), usage=usage)

    def release(self, lease: Lease, now: datetime) -> None:
        """Give the lease back so that any host may claim the call at once; a repeat changes nothing."""
        with self._lock:
            call = self.find(lease.session_id, lease.generation)
            if call is None or call.status != "pending" or call.lease != lease.number:
                self._change(self._held(lease), status="pending", host=None, released_at=now)

    def close(self, lease: Lease, reason: str, now: datetime) -> None:
        """Record that the call is over. Raise LeaseLost; closing a closed call changes nothing."""
        with self._lock:
            call = self.find(lease.session_id, lease.generation)
            if call is None or call.status != "closed" or call.lease != lease.number:
                self._change(self._held(lease), status="closed", reason=reason, closed_at=now)

    def count_tool_call(self, lease: Lease) -> None:
        """Count a function call of the call. Raise LeaseLost if a newer lease has it."""
        with self._lock:
            call = self.find(lease.session_id, lease.generation)
            if call is None or call.lease != lease.number:
                raise _lost()
            self._change(call, tool_calls=call.tool_calls + 1)

    def list_pending(
        self, limit: int, until: datetime | None = None, shard: int | None = None
    ) -> tuple[Call, ...]:
        """Return up to `limit` calls that no host follows, those that wait longest first."""
        pending = [
            call
            for call in self._calls.values()
            if call.status == "pending" and shard in (None, pending_shard(call.session_id))
        ]
        ripe = [call for call in pending if until is None or call.waiting_since <= until]
        return tuple(sorted(ripe, key=lambda call: call.waiting_since)[:limit])

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        """Return up to `limit` calls whose lease that host holds."""
        held = (call for call in self._calls.values() if call.host == host and call.status == "followed")
        return tuple(held)[:limit]

    def _holds(self, lease: Lease) -> bool:
        call = self._calls.get((lease.session_id, lease.generation))
        held = call and (call.status, call.lease, call.host)
        return held == ("followed", lease.number, lease.host)

    def _held(self, lease: Lease) -> Call:
        if not self._holds(lease):
            raise _lost()
        return self._calls[lease.session_id, lease.generation]

    def _change(self, call: Call, **changes: Any) -> None:
        self._calls[call.session_id, call.generation] = replace(call, **changes)


def _lost() -> LeaseLost:
    return LeaseLost("Another host follows this call, or it is closed.")
