"""Very long conversations: what is far back becomes a digest, written anew every so many turns."""

from __future__ import annotations

from collections.abc import Sequence

from switchboard.agent import limits, summaries
from switchboard.agent.history import MessageHistory
from switchboard.agent.turn import Turn


def due(history: MessageHistory) -> Sequence[Turn]:
    """Return the turns that the next digest should take in; none while there are few."""
    loose = [turn for turn in history.get_all() if turn.key > history.digest_key]
    if len(loose) < limits.COMPACT_AFTER_TURNS:
        return []
    return loose[: -limits.COMPACT_KEEP_TURNS]


async def compact(history: MessageHistory) -> tuple[str, str] | None:
    """Return the new digest and the key of the last turn in it; None while there is nothing to do."""
    turns = due(history)
    if not turns:
        return None
    return await summaries.digest(history.digest, turns, history.parts.ask), turns[-1].key
