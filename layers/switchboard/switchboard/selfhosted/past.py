"""What was said in a thread, as the agent wants it: turns of question and answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chatkit.types import AssistantMessageItem, ThreadItem, UserMessageItem

from switchboard.agent import HistoryParts, MessageHistory, SessionStore, Turn
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.summaries import extract

Clock = Callable[[], datetime]


def words_of(item: UserMessageItem) -> str:
    """Return what a person wrote, with what they quoted."""
    words = "".join(part.text for part in item.content)
    return f"> {item.quoted_text}\n\n{words}" if item.quoted_text else words


def turns_of(items: Iterable[ThreadItem]) -> list[Turn]:
    """Return the turns of items in order; a question that has no answer yet is none."""
    turns: list[Turn] = []
    asked: UserMessageItem | None = None
    for item in items:
        if isinstance(item, UserMessageItem):
            asked = item
        elif isinstance(item, AssistantMessageItem) and asked:
            answer = "\n\n".join(part.text for part in item.content)
            if turns and turns[-1].id == asked.id:
                turns[-1] = replace(turns[-1], answer=f"{turns[-1].answer}\n\n{answer}")
            else:
                turns.append(_turn(asked, answer))
    return turns


async def remembering(
    turns: Sequence[Turn], session_id: str, owner: str, parts: HistoryParts, clock: Clock
) -> SessionStore:
    """Return a store that holds just these turns: the truth is the thread."""
    store = SessionStore(MemoryBackend(clock), clock=clock)
    await store.set(session_id, MessageHistory(turns, parts=parts), owner)
    return store


def _turn(asked: UserMessageItem, answer: str) -> Turn:
    query = words_of(asked)
    return Turn(asked.id, query, answer, extract(query, answer), asked.created_at.astimezone(UTC))
