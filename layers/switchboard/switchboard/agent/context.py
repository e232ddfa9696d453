"""What the upstream is sent of the past: a digest in the instructions, turns as messages, within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from switchboard.agent import limits
from switchboard.agent.summaries import middle_out
from switchboard.agent.turn import Turn

Item = dict[str, Any]
CUT_OFF = "[This answer was cut off here.]"
EARLIER = "What was said earlier in this conversation, as a digest:"


def messages(turns: Sequence[Turn], query: str) -> list[Item]:
    """Return the input of a request: earlier turns, oldest first, then the query.

    The newest turns are sent as they were; once the budget is spent, older ones as their summaries.
    """
    room = limits.CONTEXT_CHARS
    past: list[list[Item]] = []
    for turn in reversed(turns):
        words = _verbatim(turn) if room > 0 else _summarised(turn)
        room -= sum(len(item["content"]) for item in words)
        past.append(words)
    items = [item for pair in reversed(past) for item in pair]
    return [*items, {"role": "user", "content": query}]


def instructions(own: str, digest: str) -> str:
    """Return the instructions with the digest of what is not among the messages."""
    return f"{own}\n\n{EARLIER}\n{digest}" if digest else own


def _verbatim(turn: Turn) -> list[Item]:
    answer = middle_out(turn.answer, limits.TURN_CHARS)
    if turn.status in ("interrupted", "incomplete", "failed"):
        answer = f"{answer} {CUT_OFF}".strip()
    return [
        {"role": "user", "content": middle_out(turn.query, limits.TURN_CHARS)},
        {"role": "assistant", "content": answer or turn.summary},
    ]


def _summarised(turn: Turn) -> list[Item]:
    return [
        {"role": "user", "content": middle_out(turn.query, limits.SUMMARY_CHARS)},
        {"role": "assistant", "content": turn.summary},
    ]
