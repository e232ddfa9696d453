"""What hosts need to run tools: configuration, the record of function calls, and a way to each target."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from switchboard.domain.tool import ServerTool, ServerTools
from switchboard.domain.tool_call import ToolCalls

from sideband import limits


class ToolFailed(Exception):
    """The tool did not do its work; the text is for the model, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who wants it, as the host knows it: no part of it comes from the model or the browser."""

    session_id: str
    call_id: str
    tool_call_id: str
    tool: str
    owner: str

    @property
    def key(self) -> str:
        """The same for every try of the same function call, by whichever host."""
        return f"{self.session_id}.{self.tool_call_id}"

    def as_json(self) -> dict[str, Any]:
        """Return it as targets get it."""
        kind, _, principal = self.owner.partition(":")
        return {
            "sessionId": self.session_id,
            "callId": self.call_id,
            "toolCallId": self.tool_call_id,
            "tool": self.tool,
            "idempotencyKey": self.key,
            "principal": {"kind": kind, "id": principal},
        }


Run = Callable[[ServerTool, Mapping[str, Any], Context], Awaitable[str]]
"""Have a tool do its work; return its output, no longer than the tool may. Raise ToolFailed."""


@dataclass(frozen=True, slots=True)
class ToolKit:
    """All of it, shared by the calls of one host; `slots` are for its tools at once."""

    tools: ServerTools
    calls: ToolCalls
    run: Run
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(limits.TOOLS_OF_HOST))
