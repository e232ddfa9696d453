"""What a client is told while its query is answered. The last event is always `done`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

EventType = Literal["start", "token", "tool_call", "tool_result", "refusal", "incomplete", "error", "done"]


@dataclass(frozen=True, slots=True)
class AgentEvent:
    """One event: `content` is for people, `facts` for programs.

    type          content                    facts
    start         ""                         turn_id, session_id, model, context: ids of the turns it carries
    token         the next piece of answer
    tool_call     the tool's name            call_id, arguments (JSON text)
    tool_result   its output, cut            call_id, name, status: ok | failed | timeout
    refusal       why the model declines
    incomplete    what happened              reason: max_output_tokens | content_filter | …
    error         what happened              code, retry_after?
    done          ""                         turn_id, status, saved, usage, cost_usd, milliseconds, …
    """

    type: EventType
    content: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return {"type": self.type, "content": self.content, **self.facts}
