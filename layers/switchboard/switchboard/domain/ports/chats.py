"""Where chats, codex sessions and their threads are kept, and the upstream's chats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from switchboard.domain.agents import Agent
from switchboard.domain.chat_session import ChatEvent, ChatSession
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.ports.paging import Page

Journal = Callable[..., None]
"""Record that something has happened: `journal("codex.session.created", session_id=…)`; ids, never words."""


class ChatSessions(Protocol):
    """The chat sessions of all owners, and what happened in them."""

    def add(self, chat: ChatSession) -> None:
        """Store a new one."""

    def get(self, chat_id: str, owner: str) -> ChatSession:
        """Return it as stored. Raise NotFound if it is missing or another's."""

    def save(self, chat: ChatSession, event: ChatEvent | None = None) -> ChatSession:
        """Store the changed one, and the event that changed it: both or none; return it with its new version.

        Raise SessionChanged if late.
        """

    def add_event(self, chat: ChatSession, event: ChatEvent) -> None:
        """Keep an event; the same again changes nothing."""

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[ChatSession]:
        """Return the owner's, newest first. Raise InvalidRequest for a cursor that is not ours."""

    def list_events(self, chat_id: str) -> tuple[ChatEvent, ...]:
        """Return what happened in it, oldest first."""

    def list_due(self, now: datetime, limit: int) -> Iterator[ChatSession]:
        """Yield up to `limit` of each shard that want looking at, the longest due first."""

    def count_active(self) -> int:
        """Return how many are active or have something left to settle upstream."""


class CodexSessions(Protocol):
    """The codex sessions. Those past their time are gone."""

    def add(self, session: CodexSession, chat: ChatSession) -> None:
        """Store a new one and its chat session: both or none.

        Raise CodexSessionActive if the owner has an active one for that placement and agent, however many
        ask at once.
        """

    def get(self, session_id: str, owner: str) -> CodexSession:
        """Return it. Raise NotFound if it is missing, another's or past its time."""

    def find_current(self, owner: str, placement: str, agent_id: str) -> CodexSession | None:
        """Return the active one of that placement and agent, if there is one."""

    def close(self, session: CodexSession) -> CodexSession:
        """Store the closed one and make room for the next: both or none. Raise SessionChanged if late."""

    def remove(self, session: CodexSession) -> None:
        """Forget a closed one; a missing one is fine."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenedChat:
    """What the upstream says of a session that it has opened; the secret opens it for a browser."""

    id: str
    client_secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"OpenedChat(id={self.id!r}, expires_at={self.expires_at.isoformat()})"


class ChatKit(Protocol):
    """The upstream's chat sessions. It opens and cancels them; it can neither list nor show them."""

    def require_configured(self, agent: Agent) -> None:
        """Raise ChatKitNotConfigured if this deployment or this agent has no hosted ChatKit."""

    def open(self, agent: Agent, user: str) -> OpenedChat:
        """Open a session once, without repeating: a lost answer must not become a second session.

        Raise an UpstreamError or ChatKitNotConfigured.
        """

    def cancel(self, upstream_id: str) -> None:
        """Cancel a session; one that is over or forgotten is fine. Raise an UpstreamError."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose threads: nobody sees another's, nor those of another placement."""

    owner: str
    placement: str


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread, an item of one, or an attachment: `body` is JSON text in the words of the ChatKit library.

    `facts` are what the record of a message shows beside it: session_id, role, tool_invocation_id.
    """

    id: str
    created_at: datetime
    body: str
    facts: dict[str, Any]


class Threads(Protocol):
    """The threads of the self-hosted server, with their items in order of creation, and attachments.

    A scope that is not the thread's finds nothing. `after` is the id behind which a page begins: NotFound if
    there is no such id.
    """

    def save(self, scope: Scope, thread: ThreadRow) -> None:
        """Store a thread, new or changed; a changed one keeps its place among the others."""

    def find(self, scope: Scope, thread_id: str) -> ThreadRow | None:
        """Return the thread, if there is one."""

    def list(
        self, scope: Scope, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of threads, and whether there are more. Raise NotFound."""

    def remove(self, scope: Scope, thread_id: str) -> None:
        """Forget a thread and its items; a missing one is fine."""

    def save_item(self, scope: Scope, thread_id: str, item: ThreadRow) -> None:
        """Store an item, new or changed; a changed one keeps its place among the others."""

    def find_item(self, scope: Scope, thread_id: str, item_id: str) -> ThreadRow | None:
        """Return the item, if there is one."""

    def list_items(
        self, scope: Scope, thread_id: str, after: str | None, limit: int, *, newest_first: bool
    ) -> tuple[tuple[ThreadRow, ...], bool]:
        """Return a page of items, and whether there are more. Raise NotFound."""

    def remove_item(self, scope: Scope, thread_id: str, item_id: str) -> None:
        """Forget an item; a missing one is fine."""

    def save_attachment(self, scope: Scope, attachment: ThreadRow) -> None:
        """Store an attachment's description, new or changed."""

    def find_attachment(self, scope: Scope, attachment_id: str) -> ThreadRow | None:
        """Return it, if there is one."""

    def remove_attachment(self, scope: Scope, attachment_id: str) -> None:
        """Forget it; a missing one is fine."""
