"""Chat sessions, codex sessions and threads in memory: for tests, and to look at the contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from threading import RLock

from switchboard.domain.chat_session import ChatEvent, ChatSession
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import CodexSessionActive, InvalidRequest, NotFound, SessionChanged
from switchboard.domain.ports.chats import Scope, ThreadRow
from switchboard.domain.ports.paging import Page
from switchboard.domain.ports.surroundings import Clock

Key = tuple[Scope, str]


class MemoryChats:
    """The chat sessions and their events."""

    def __init__(self) -> None:
        self._chats: dict[str, ChatSession] = {}
        self._events: dict[str, dict[str, ChatEvent]] = defaultdict(dict)
        self._lock = RLock()

    def add(self, chat: ChatSession) -> None:
        """Store a new one."""
        self._chats[chat.id] = chat

    def get(self, chat_id: str, owner: str) -> ChatSession:
        """Return it as stored. Raise NotFound if it is missing or another's."""
        chat = self._chats.get(chat_id)
        if chat is None or chat.owner != owner:
            raise NotFound("There is no such chat session.")
        return chat

    def save(self, chat: ChatSession, event: ChatEvent | None = None) -> ChatSession:
        """Store the changed one, and the event that changed it: both or none."""
        with self._lock:
            if self._chats[chat.id].version != chat.version:
                raise SessionChanged("The chat session changed meanwhile.", retry_after=1)
            self._chats[chat.id] = replace(chat, version=chat.version + 1)
            if event:
                self._events[chat.id][event.id] = event
            return self._chats[chat.id]

    def add_event(self, chat: ChatSession, event: ChatEvent) -> None:
        """Keep an event; the same again changes nothing."""
        self._events[chat.id][event.id] = event

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[ChatSession]:
        """Return the owner's, newest first."""
        if cursor is not None and cursor not in self._chats:
            raise InvalidRequest("The cursor is not one of ours.")
        mine = sorted((chat.id for chat in self._chats.values() if chat.owner == owner), reverse=True)
        mine = [chat_id for chat_id in mine if cursor is None or chat_id < cursor]
        page = tuple(self._chats[chat_id] for chat_id in mine[:limit])
        return Page(page, page[-1].id if len(mine) > limit else None)

    def list_events(self, chat_id: str) -> tuple[ChatEvent, ...]:
        """Return what happened in it, oldest first."""
        events = self._events[chat_id].values()
        return tuple(sorted(events, key=lambda event: (event.created_at, event.id)))

    def list_due(self, now: datetime, limit: int) -> Iterator[ChatSession]:
        """Yield up to `limit` that want looking at, the longest due first."""
        due = sorted((chat.due, chat.id) for chat in self._chats.values() if chat.due and chat.due <= now)
        return (self._chats[chat_id] for _, chat_id in due[:limit])

    def count_active(self) -> int:
        """Return how many are active or have something left to settle upstream."""
        return sum(chat.due is not None for chat in self._chats.values())


class MemoryCodex:
    """The codex sessions; with them go their chat sessions."""

    def __init__(self, chats: MemoryChats, clock: Clock) -> None:
        self._sessions: dict[str, CodexSession] = {}
        self._chats = chats
        self._clock = clock
        self._lock = RLock()

    def add(self, session: CodexSession, chat: ChatSession) -> None:
        """Store a new one and its chat session: both or none. Raise CodexSessionActive."""
        with self._lock:
            if self.find_current(session.owner, session.placement, session.agent_id):
                where = f"?placement={session.placement}&agent_id={session.agent_id}"
                raise CodexSessionActive(
                    "There is an active session for this placement and agent.",
                    details={"current": f"/api/codex/sessions/current{where}"},
                )
            self._sessions[session.id] = session
            self._chats.add(chat)

    def get(self, session_id: str, owner: str) -> CodexSession:
        """Return it. Raise NotFound if it is missing, another's or past its time."""
        session = self._sessions.get(session_id)
        if session is None or session.owner != owner or session.expires_at <= self._clock():
            raise NotFound("There is no such session.")
        return session

    def find_current(self, owner: str, placement: str, agent_id: str) -> CodexSession | None:
        """Return the active one of that placement and agent, if there is one."""
        wanted = (owner, placement, agent_id, "active")
        for session in self._sessions.values():
            seen = (session.owner, session.placement, session.agent_id, session.status)
            if seen == wanted and session.expires_at > self._clock():
                return session
        return None

    def close(self, session: CodexSession) -> CodexSession:
        """Store the closed one and make room for the next. Raise SessionChanged if late."""
        with self._lock:
            if self._sessions[session.id].version != session.version:
                raise SessionChanged("The session changed meanwhile.", retry_after=1)
            self._sessions[session.id] = replace(session, version=session.version + 1)
            return self._sessions[session.id]

    def remove(self, session: CodexSession) -> None:
        """Forget a closed one; a missing one is fine."""
        self._sessions.pop(session.id, None)


class MemoryThreads:
    """The threads, their items, and the attachments."""

    def __init__(self) -> None:
        self._threads: dict[Scope, dict[str, ThreadRow]] = defaultdict(dict)
        self._items: dict[Key, dict[str, ThreadRow]] = defaultdict(dict)
        self._attachments: dict[Key, ThreadRow] = {}

    def save(self, scope: Scope, thread: ThreadRow) -> None:
        """Store a thread, new or changed; a changed one keeps its place among the others."""
        _put(self._threads[scope], thread)

    def find(self, scope: Scope, thread_id: str) -> ThreadRow | None:
        """Return the thread, if there is one."""
        return self._threads[scope].get(thread_id)

    def list(
        self, scope: Scope, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of threads, and whether there are more. Raise NotFound."""
        return _page(self._threads[scope], after, limit, newest_first)

    def remove(self, scope: Scope, thread_id: str) -> None:
        """Forget a thread and its items; a missing one is fine."""
        self._threads[scope].pop(thread_id, None)
        self._items.pop((scope, thread_id), None)

    def save_item(self, scope: Scope, thread_id: str, item: ThreadRow) -> None:
        """Store an item, new or changed; a changed one keeps its place among the others."""
        _put(self._items[scope, thread_id], item)

    def find_item(self, scope: Scope, thread_id: str, item_id: str) -> ThreadRow | None:
        """Return the item, if there is one."""
        return self._items[scope, thread_id].get(item_id)

    def list_items(
        self, scope: Scope, thread_id: str, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of items, and whether there are more. Raise NotFound."""
        return _page(self._items[scope, thread_id], after, limit, newest_first)

    def remove_item(self, scope: Scope, thread_id: str, item_id: str) -> None:
        """Forget an item; a missing one is fine."""
        self._items[scope, thread_id].pop(item_id, None)

    def save_attachment(self, scope: Scope, attachment: ThreadRow) -> None:
        """Store an attachment's description, new or changed."""
        self._attachments[scope, attachment.id] = attachment

    def find_attachment(self, scope: Scope, attachment_id: str) -> ThreadRow | None:
        """Return it, if there is one."""
        return self._attachments.get((scope, attachment_id))

    def remove_attachment(self, scope: Scope, attachment_id: str) -> None:
        """Forget it; a missing one is fine."""
        self._attachments.pop((scope, attachment_id), None)


def _put(rows: dict[str, ThreadRow], row: ThreadRow) -> None:
    known = rows.get(row.id)
    rows[row.id] = replace(row, created_at=known.created_at) if known else row


def _page(
    rows: dict[str, ThreadRow], after: str | None, limit: int, newest_first: bool
) -> tuple[tuple[ThreadRow, ...], bool]:
    ordered = sorted(rows.values(), key=lambda row: (row.created_at, row.id), reverse=newest_first)
    if after is not None:
        if after not in rows:
            raise NotFound("There is nothing of that id.")
        ordered = ordered[ordered.index(rows[after]) + 1 :]
    return tuple(ordered[:limit]), len(ordered) > limit
