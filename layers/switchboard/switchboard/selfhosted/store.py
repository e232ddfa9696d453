"""The ChatKit library's `Store` on our threads: its values are kept as they are, in the scope of who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import NotFound
from switchboard.domain.ports.chats import ThreadRow, Threads
from switchboard.domain.ports.surroundings import NewId
from switchboard.selfhosted.context import ChatContext

T = TypeVar("T")

PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr_",
    "message": "msg_",
    "tool_call": "tc_",
    "task": "tsk_",
    "workflow": "wf_",
    "attachment": "atc_",
    "sdk_hidden_context": "shcx_",
}
ROLES = {"user_message": "user", "assistant_message": "agent"}
ITEMS: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
ATTACHMENTS: TypeAdapter[Attachment] = TypeAdapter(Attachment)


class ChatKitStore(Store[ChatContext]):
    """Keeps threads, items and attachments; ids carry 128 random bits. Crosses from async to sync, once."""

    def __init__(self, threads: Threads, new_id: NewId) -> None:
        self._threads = threads
        self._new_id = new_id

    def generate_thread_id(self, context: ChatContext) -> str:
        """Return a new id."""
        return self._new_id(PREFIXES["thread"])

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: ChatContext) -> str:
        """Return a new id."""
        return self._new_id(PREFIXES[item_type])

    async def load_thread(self, thread_id: str, context: ChatContext) -> ThreadMetadata:
        """Return the thread. Raise NotFoundError if it is missing or of another scope."""
        row = await _aside(lambda: self._threads.find(context.scope, thread_id))
        return ThreadMetadata.model_validate_json(_found(row, "thread").body)

    async def save_thread(self, thread: ThreadMetadata, context: ChatContext) -> None:
        """Store the thread, without the items that a `Thread` brings along."""
        known = {name: getattr(thread, name) for name in ThreadMetadata.model_fields}
        body = ThreadMetadata(**known).model_dump_json()
        row = ThreadRow(thread.id, thread.created_at, body, {"session_id": context.chat.id})
        await _aside(lambda: self._threads.save(context.scope, row))

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: ChatContext
    ) -> Page[ThreadMetadata]:
        """Return a page of the scope's threads. Raise NotFoundError for an unknown `after`."""
        newest = order == "desc"
        rows, more = await _page(
            lambda: self._threads.list(context.scope, after, _bounded(limit), newest_first=newest)
        )
        data = [ThreadMetadata.model_validate_json(row.body) for row in rows]
        return Page[ThreadMetadata](data=data, has_more=more, after=data[-1].id if more else None)

    async def delete_thread(self, thread_id: str, context: ChatContext) -> None:
        """Forget the thread and its items; a missing one is fine."""
        await _aside(lambda: self._threads.remove(context.scope, thread_id))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: ChatContext
    ) -> Page[ThreadItem]:
        """Return a page of the thread's items; none for a thread of another scope."""
        newest, scope = order == "desc", context.scope
        rows, more = await _page(
            lambda: self._threads.list_items(scope, thread_id, after, _bounded(limit), newest_first=newest)
        )
        data = [ITEMS.validate_json(row.body) for row in rows]
        return Page[ThreadItem](data=data, has_more=more, after=data[-1].id if more else None)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: ChatContext) -> None:
        """Store a new item; the same again changes nothing."""
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: ChatContext) -> None:
        """Store the item, new or changed."""
        facts = {
            "session_id": context.chat.id,
            "role": ROLES.get(item.type, "system"),
            "tool_invocation_id": getattr(item, "call_id", None),
        }
        row = ThreadRow(item.id, item.created_at, ITEMS.dump_json(item).decode(), facts)
        await _aside(lambda: self._threads.save_item(context.scope, thread_id, row))

    async def load_item(self, thread_id: str, item_id: str, context: ChatContext) -> ThreadItem:
        """Return the item. Raise NotFoundError."""
        row = await _aside(lambda: self._threads.find_item(context.scope, thread_id, item_id))
        return ITEMS.validate_json(_found(row, "item").body)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: ChatContext) -> None:
        """Forget the item; a missing one is fine."""
        await _aside(lambda: self._threads.remove_item(context.scope, thread_id, item_id))

    async def save_attachment(self, attachment: Attachment, context: ChatContext) -> None:
        """Store the attachment's description."""
        body = ATTACHMENTS.dump_json(attachment).decode()
        facts = {"session_id": context.chat.id}
        row = ThreadRow(attachment.id, context.chat.created_at, body, facts)
        await _aside(lambda: self._threads.save_attachment(context.scope, row))

    async def load_attachment(self, attachment_id: str, context: ChatContext) -> Attachment:
        """Return the attachment's description. Raise NotFoundError."""
        row = await _aside(lambda: self._threads.find_attachment(context.scope, attachment_id))
        return ATTACHMENTS.validate_json(_found(row, "attachment").body)

    async def delete_attachment(self, attachment_id: str, context: ChatContext) -> None:
        """Forget the attachment's description; a missing one is fine."""
        await _aside(lambda: self._threads.remove_attachment(context.scope, attachment_id))


async def _aside(work: Callable[[], T]) -> T:
    """Do the work of a store in a thread: the loop has other chats to serve."""
    return await asyncio.to_thread(work)


async def _page(work: Callable[[], T]) -> T:
    try:
        return await _aside(work)
    except NotFound as error:
        raise NotFoundError(error.message) from error


def _found(row: ThreadRow | None, what: str) -> ThreadRow:
    if row is None:
        raise NotFoundError(f"There is no such {what}.")
    return row


def _bounded(limit: Any) -> int:
    return min(max(int(limit), 1), limits.THREAD_PAGE_MAX)
