"""One function call of the model as it is run: a row that lets it happen once, and tells how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from switchboard.domain.call import Lease

ToolStatus = Literal["running", "done", "failed", "timeout", "unknown"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What is stored of one function call.

    Attributes:
        tool_call_id: the upstream's `call_…`.
        lease: number of the lease under which it was begun, or given up.
        until: when it will be over, whatever becomes of it.
        status: `unknown` if its host left or died meanwhile: then nobody knows whether the tool did its work.
        output: what the model is told, once it is over.
        ms: how long it ran.
    """

    session_id: str
    generation: int
    tool_call_id: str
    tool: str
    lease: int
    until: datetime
    status: ToolStatus = "running"
    output: str = ""
    ms: int = 0


class ToolCalls(Protocol):
    """The function calls that hosts have run or are running. None is ever begun twice."""

    def claim(self, lease: Lease, tool_call_id: str, tool: str, until: datetime) -> ToolCall | None:
        """Take the right to run it and return None; return what is stored if somebody has had that right.

        The first claim is counted on its call. A repeat under the same lease counts as the first, as long as
        it is running. Raise LeaseLost if the call is another host's by now.
        """

    def find(self, lease: Lease, tool_call_id: str) -> ToolCall | None:
        """Return what is stored of it."""

    def list(self, lease: Lease) -> tuple[ToolCall, ...]:
        """Return all function calls of a call that were ever begun, in any order."""

    def finish(self, lease: Lease, tool_call_id: str, status: ToolStatus, output: str, ms: int) -> None:
        """Store how it went; the same again changes nothing. Raise LeaseLost if it was given up meanwhile."""

    def give_up(self, lease: Lease, tool_call_id: str, output: str) -> ToolCall:
        """Let one that an older lease left running be `unknown`, with that output; return what is stored.

        One that is over by then stays as it is. Raise NotFound if it was never begun.
        """
