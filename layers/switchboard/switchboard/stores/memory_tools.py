"""Function calls in one process's memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from threading import RLock

from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost, NotFound
from switchboard.domain.tool_call import ToolCall, ToolStatus
from switchboard.stores.memory_calls import MemoryCalls


class MemoryToolCalls:
    """The function calls; each is counted on its call."""

    def __init__(self, calls: MemoryCalls) -> None:
        self._calls = calls
        self._stored: dict[tuple[str, int, str], ToolCall] = {}
        self._lock = RLock()

    def claim(self, lease: Lease, tool_call_id: str, tool: str, until: datetime) -> ToolCall | None:
        """Take the right to run it and return None; return what is stored if somebody has had that right."""
        with self._lock:
            stored = self.find(lease, tool_call_id)
            if stored is None:
                self._calls.count_tool_call(lease)
                fresh = ToolCall(lease.session_id, lease.generation, tool_call_id, tool, lease.number, until)
                self._stored[_key(lease, tool_call_id)] = fresh
            elif (stored.lease, stored.status) != (lease.number, "running"):
                return stored
        return None

    def find(self, lease: Lease, tool_call_id: str) -> ToolCall | None:
        """Return what is stored of it."""
        return self._stored.get(_key(lease, tool_call_id))

    def list(self, lease: Lease) -> tuple[ToolCall, ...]:
        """Return all function calls of a call that were ever begun."""
        with self._lock:
            place = lease.session_id, lease.generation
            return tuple(call for key, call in self._stored.items() if key[:2] == place)

    def finish(self, lease: Lease, tool_call_id: str, status: ToolStatus, output: str, ms: int) -> None:
        """Store how it went; the same again changes nothing. Raise LeaseLost if it was given up meanwhile."""
        with self._lock:
            stored = self.find(lease, tool_call_id)
            if stored is None or stored.lease != lease.number or stored.status not in ("running", status):
                raise LeaseLost("Another host has given that function call up.")
            if stored.status == "running":
                changed = replace(stored, status=status, output=output, ms=ms)
                self._stored[_key(lease, tool_call_id)] = changed

    def give_up(self, lease: Lease, tool_call_id: str, output: str) -> ToolCall:
        """Let one that an older lease left running be `unknown`; return what is stored."""
        with self._lock:
            stored = self.find(lease, tool_call_id)
            if stored is None:
                raise NotFound("There is no such function call.")
            if stored.status == "running" and stored.lease < lease.number:
                stored = replace(stored, status="unknown", output=output, lease=lease.number)
                self._stored[_key(lease, tool_call_id)] = stored
            return stored


def _key(lease: Lease, tool_call_id: str) -> tuple[str, int, str]:
    return lease.session_id, lease.generation, tool_call_id
