"""Function calls in the table: one row each, begun once, under the lease of its call."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from switchboard.domain import limits
from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost, NotFound
from switchboard.domain.tool_call import ToolCall, ToolStatus
from switchboard.stores.dynamodb.table import ConditionFailed, Gain, Row, Table

NEW = "attribute_not_exists(pk)"
MINE = "lease = :mine AND #status = :running"
OLDERS = "lease < :mine AND #status = :running"
HOLDS = "lease = :mine"


class DynamoToolCalls:
    """The function calls, in their session's own partition."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, lease: Lease, tool_call_id: str, tool: str, until: datetime) -> ToolCall | None:
        """Take the right to run it; one transaction with the call's row, whose lease must still be ours."""
        row = {
            **_key(lease, tool_call_id),
            "tool_call_id": tool_call_id,
            "tool": tool,
            "lease": lease.number,
            "until": until.isoformat(),
            "status": "running",
            "output": "",
            "ms": 0,
            "ttl": int((until + timedelta(days=limits.SESSION_DAYS)).timestamp()),
        }
        call = f"SESSION#{lease.session_id}", f"CALL#{lease.generation:08d}"
        counted = Gain(*call, {"tool_calls": 1}, {}, HOLDS, {"mine": lease.number})
        try:
            self._table.transact([(row, NEW, None)], [counted])
        except ConditionFailed as error:
            stored = self.find(lease, tool_call_id)
            if stored is None:
                raise LeaseLost("Another host follows this call.") from error
            # Our own, if the answer to the first try got lost and the SDK has repeated it.
            return None if (stored.lease, stored.status) == (lease.number, "running") else stored
        return None

    def find(self, lease: Lease, tool_call_id: str) -> ToolCall | None:
        """Return what is stored of it."""
        key = _key(lease, tool_call_id)
        row = self._table.get(key["pk"], key["sk"])
        return _call_of(lease, row) if row else None

    def list(self, lease: Lease) -> tuple[ToolCall, ...]:
        """Return all function calls of a call that were ever begun."""
        key = _key(lease, "")
        return tuple(_call_of(lease, row) for row in self._table.query(key["pk"], key["sk"]))

    def finish(self, lease: Lease, tool_call_id: str, status: ToolStatus, output: str, ms: int) -> None:
        """Store how it went; the same again changes nothing. Raise LeaseLost if it was given up meanwhile."""
        try:
            self._end(lease, tool_call_id, {"status": status, "output": output, "ms": ms}, MINE)
        except ConditionFailed as error:
            stored = self.find(lease, tool_call_id)
            if stored is None or (stored.lease, stored.status) != (lease.number, status):
                raise LeaseLost("Another host has given that function call up.") from error

    def give_up(self, lease: Lease, tool_call_id: str, output: str) -> ToolCall:
        """Let one that an older lease left running be `unknown`; return what is stored."""
        changes: Row = {"status": "unknown", "output": output, "lease": lease.number}
        with suppress(ConditionFailed):  # it is over, or was never begun: what is stored says which
            self._end(lease, tool_call_id, changes, OLDERS)
        stored = self.find(lease, tool_call_id)
        if stored is None:
            raise NotFound("There is no such function call.")
        return stored

    def _end(self, lease: Lease, tool_call_id: str, changes: Row, condition: str) -> None:
        key = _key(lease, tool_call_id)
        self._table.update(
            key["pk"], key["sk"], changes, condition, {"mine": lease.number, "running": "running"}
        )


def _key(lease: Lease, tool_call_id: str) -> dict[str, str]:
    return {"pk": f"SESSION#{lease.session_id}", "sk": f"TOOL#{lease.generation:08d}#{tool_call_id}"}


def _call_of(lease: Lease, row: Row) -> ToolCall:
    return ToolCall(
        session_id=lease.session_id,
        generation=lease.generation,
        tool_call_id=row["tool_call_id"],
        tool=row["tool"],
        lease=row["lease"],
        until=datetime.fromisoformat(row["until"]),
        status=row["status"],
        output=row["output"],
        ms=row["ms"],
    )
