"""The stores of chats that the contract is held against, and what goes into them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from switchboard.domain.chat_session import ChatEvent, ChatSession, Holding
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.ports.chats import ChatSessions, CodexSessions, Threads
from switchboard.stores.chat_memory import MemoryChats, MemoryCodex, MemoryThreads
from switchboard.stores.dynamodb.chats import DynamoChats
from switchboard.stores.dynamodb.codex import DynamoCodex
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.threads import DynamoThreads

from tests.contract.stores import START, Time

ANN, BOB = "user:ann", "user:bob#x"
IDS = count(1)


class ChatStores:
    """The stores of chats, sharing one table or one memory."""

    chats: ChatSessions
    codex: CodexSessions
    threads: Threads


class MemoryChatStores(ChatStores):
    """In memory."""

    def __init__(self, clock: Time) -> None:
        chats = MemoryChats()
        self.chats, self.codex, self.threads = chats, MemoryCodex(chats, clock), MemoryThreads()


class DynamoChatStores(ChatStores):
    """In one table."""

    def __init__(self, table: Table, clock: Time) -> None:
        self.chats = DynamoChats(table)
        self.codex = DynamoCodex(table, clock, lambda seconds: None)
        self.threads = DynamoThreads(table, clock)


def chat_id(created_at: datetime = START) -> str:
    """Return a new id in the real form."""
    return f"chat_{int(created_at.timestamp() * 1000):012x}{next(IDS):032x}"


def a_chat(owner: str = ANN, created_at: datetime = START, **changes: Any) -> ChatSession:
    """Return a chat session that is not stored."""
    fresh = ChatSession(
        id=chat_id(created_at),
        owner=owner,
        mode="self_hosted",
        agent_id="assistant",
        channel="web",
        created_at=created_at,
        expires_at=created_at + timedelta(hours=24),
        metadata={"page": "/", "deep": [1, {"two": None}]},
        holdings=(Holding("agent:assistant", created_at),),
    )
    return replace(fresh, **changes)


def a_codex(
    owner: str = ANN, placement: str = "sidebar", agent_id: str = "assistant", created_at: datetime = START
) -> tuple[CodexSession, ChatSession]:
    """Return a codex session and its chat session, not stored."""
    session_id = f"cdx_{next(IDS):032x}"
    chat = a_chat(owner, created_at, codex_session_id=session_id)
    session = CodexSession(
        id=session_id,
        owner=owner,
        placement=placement,
        agent_id=agent_id,
        chat_id=chat.id,
        created_at=created_at,
        expires_at=created_at + timedelta(hours=24),
        context={"page": "/"},
    )
    return session, chat


def an_event(chat: ChatSession, seconds: float = 0, kind: str = "button_click") -> ChatEvent:
    """Return an event, so long after the chat session began."""
    at = chat.created_at + timedelta(seconds=seconds)
    return ChatEvent(f"evt_{next(IDS):032x}", chat.id, kind, {"button": "buy"}, at)
