"""One response of the upstream, read event by event; and what it means for the client and for the turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from switchboard.agent import limits
from switchboard.agent.events import AgentEvent
from switchboard.agent.turn import TurnStatus, Usage
from switchboard.domain.errors import UpstreamBusy, UpstreamError, UpstreamRefused, UpstreamUnavailable

Json = dict[str, Any]
BUSY = frozenset({"rate_limit_exceeded", "slow_down", "server_is_overloaded"})
OUR_FAULT = frozenset({"invalid_prompt", "insufficient_quota", "credit_balance_exhausted", "model_not_found"})
REASONS = {
    "max_output_tokens": "The answer reached its greatest length.",
    "content_filter": "The answer was stopped by a content filter.",
}


@dataclass(slots=True)
class Reply:
    """What one query has come to so far, over all its rounds."""

    answer: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    status: TurnStatus = "completed"
    usage: Usage = field(default_factory=Usage)
    ended: bool = False
    _before: int = 0
    _chars: int = 0

    @property
    def text(self) -> str:
        """The words that the client was shown."""
        return whole("".join(self.answer) or "".join(self.refusal))

    def begin_round(self) -> None:
        """Get ready for the next response."""
        self.calls = []
        self.ended = False
        self._before = len(self.answer)

    def spoken(self) -> list[Json]:
        """Return what was said in this round, before its calls, as an item for the next."""
        words = whole("".join(self.answer[self._before :]))
        return [{"role": "assistant", "content": words}] if words else []

    def read(self, event: Json) -> Iterable[AgentEvent]:
        """Take one event of the upstream in; return what the client is told. Raise an UpstreamError."""
        kind = event["type"]
        if kind != "response.output_text.delta":  # nearly every event is one
            return self._read(kind, event)
        piece = str(event.get("delta", ""))
        self.answer.append(piece)
        self._chars += len(piece)
        if self._chars > limits.ANSWER_CHARS:
            raise UpstreamUnavailable("OpenAI sent an answer without end.")
        return (AgentEvent("token", piece),)

    def _read(self, kind: str, event: Json) -> Iterator[AgentEvent]:
        if kind == "response.refusal.delta":
            self.refusal.append(str(event.get("delta", "")))
        elif kind == "response.refusal.done":
            self.status = "refused"
            yield AgentEvent("refusal", "".join(self.refusal))
        elif kind == "response.output_item.done":
            yield from self._item(event.get("item"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            yield from self._end(kind, event.get("response"))
        elif kind == "error":
            raise _failure(event)

    def _item(self, item: Any) -> Iterator[AgentEvent]:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "mcp_call":
            yield from _hosted_call(item)
        if kind == "function_call":
            names = ("call_id", "name", "arguments")
            call = {name: item.get(name) for name in names}
            if not all(isinstance(value, str) for value in call.values()):
                raise UpstreamUnavailable("OpenAI sent something unexpected.")
            self.calls.append(call)

    def _end(self, kind: str, response: Any) -> Iterator[AgentEvent]:
        response = response if isinstance(response, dict) else {}
        self.ended = True
        self.usage += _usage(response.get("usage"))
        if kind == "response.failed":
            error = response.get("error")
            raise _failure(error if isinstance(error, dict) else {})
        if kind == "response.incomplete":
            details = response.get("incomplete_details")
            reason = str((details if isinstance(details, dict) else {}).get("reason") or "unknown")
            self.status = "incomplete"
            self.calls = []  # their arguments may be cut
            yield AgentEvent(
                "incomplete", REASONS.get(reason, "The answer is not complete."), {"reason": reason}
            )


def whole(text: str) -> str:
    """Return the text with surrogates joined to characters: a character may arrive in two halves."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def as_input(calls: list[Json], outputs: list[str]) -> list[Json]:
    """Return the items by which the next round learns of the calls and their outputs."""
    asked = [{"type": "function_call", **call} for call in calls]
    given = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        for call, output in zip(calls, outputs, strict=True)
    ]
    return asked + given


def _hosted_call(item: Json) -> Iterator[AgentEvent]:
    """Yield the call that the upstream made itself, and its output."""
    call_id, name = str(item.get("id")), str(item.get("name"))
    yield AgentEvent("tool_call", name, {"call_id": call_id, "arguments": str(item.get("arguments"))})
    output = str(item.get("error") or item.get("output") or "")[: limits.EVENT_OUTPUT_CHARS]
    status = "failed" if item.get("error") else "ok"
    yield AgentEvent("tool_result", output, {"call_id": call_id, "name": name, "status": status})


def _failure(error: Json) -> UpstreamError:
    """Return our error; the upstream's own message stays out of it, as it may quote what was sent."""
    code = error.get("code")
    details = {"upstream_code": code if isinstance(code, str) else None}
    if code in BUSY:
        return UpstreamBusy("OpenAI asks for fewer requests.", details=details, retry_after=1)
    if code in OUR_FAULT:
        return UpstreamRefused("OpenAI refused the request.", details=details)
    return UpstreamUnavailable("OpenAI failed in the middle of the answer.", details=details)


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    return Usage(
        _number(usage, "input_tokens"),
        _number(usage.get("input_tokens_details"), "cached_tokens"),
        _number(usage, "output_tokens"),
        _number(usage.get("output_tokens_details"), "reasoning_tokens"),
    )


def _number(counts: Any, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else 0
    return value if isinstance(value, int) else 0
