"""The ChatKit server: the library speaks the protocol, the agent of the session answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any

from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    FeedbackKind,
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from switchboard.agent import AgentEvent
from switchboard.domain import chat_limits as limits
from switchboard.selfhosted.answers import Answers
from switchboard.selfhosted.context import ChatContext
from switchboard.selfhosted.past import words_of
from switchboard.selfhosted.store import ChatKitStore

Feedback = Callable[[ChatContext, dict[str, Any]], None]
"""Keep what somebody thinks of an answer."""
WAITING = "A person has been asked to answer. Your message is kept for them."


class SwitchboardChat(ChatKitServer[ChatContext]):
    """Answers by whoever holds the chat session: its agent, or nobody while a person does."""

    def __init__(self, store: ChatKitStore, answers: Answers, feedback: Feedback) -> None:
        super().__init__(store)
        self._answers = answers
        self._feedback = feedback

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: ChatContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Yield the answer as it comes; what was said of one that fails is kept."""
        if input_user_message is None:
            return
        _name(thread, input_user_message)
        agent_id = context.chat.answering_agent
        if agent_id is None:
            yield NoticeEvent(level="info", message=WAITING)
            return
        past = await self._past(thread, context)
        item = _message(self.store.generate_item_id("message", thread, context), thread, "")
        yield ThreadItemAddedEvent(item=item.model_copy(update={"content": []}))
        yield _update(item, AssistantMessageContentPartAdded(content_index=0, content=item.content[0]))
        words: list[str] = []
        failure: AgentEvent | None = None
        query = words_of(input_user_message)
        async with aclosing(self._answers.of(agent_id, past, query, context)) as events:
            async for event in events:
                match event.type:
                    case "token" | "refusal":
                        words.append(event.content)
                        delta = AssistantMessageContentPartTextDelta(content_index=0, delta=event.content)
                        yield _update(item, delta)
                    case "tool_call":
                        yield ProgressUpdateEvent(text=f"Using {event.content}")
                    case "incomplete":
                        yield NoticeEvent(level="warning", message=event.content)
                    case "error":
                        failure = event
        async for told in _end(item, "".join(words), failure):
            yield told

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: ChatContext
    ) -> None:
        """Keep it with the chat session's events."""
        self._feedback(context, {"thread_id": thread_id, "item_ids": item_ids[:20], "kind": feedback})

    async def _past(self, thread: ThreadMetadata, context: ChatContext) -> list[ThreadItem]:
        """Return the newest items, oldest first; the question among them is no turn yet."""
        page = await self.store.load_thread_items(thread.id, None, limits.HISTORY_ITEMS, "desc", context)
        return page.data[::-1]


async def _end(
    item: AssistantMessageItem, words: str, failure: AgentEvent | None
) -> AsyncIterator[ThreadStreamEvent]:
    """Yield the end of an answer. Raise CustomStreamError if it failed."""
    content = AssistantMessageContent(text=words)
    if words:
        yield _update(item, AssistantMessageContentPartDone(content_index=0, content=content))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [content]}))
    if failure or not words:
        message = failure.content if failure else "The agent had nothing to say."
        raise CustomStreamError(message, allow_retry=True)


def _update(item: AssistantMessageItem, update: Any) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)


def _message(item_id: str, thread: ThreadMetadata, words: str) -> AssistantMessageItem:
    # The library's own times are local and without a zone; items of one thread must be of one kind.
    now = datetime.now()  # noqa: DTZ005
    content = [AssistantMessageContent(text=words)]
    return AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=now, content=content)


def _name(thread: ThreadMetadata, asked: UserMessageItem) -> None:
    """Give a thread that has no title the first words that were said in it."""
    if not thread.title:
        words = " ".join("".join(part.text for part in asked.content).split())
        thread.title = words[: limits.TITLE_CHARS] or None
