"""Threads and items as the ChatKit library makes them, and who asks for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, cast

import pytest
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    HiddenContextItem,
    InferenceOptions,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
)
from chatkit.widgets import Card, Text
from switchboard.domain.ports.chats import Scope
from switchboard.selfhosted.context import ChatContext
from switchboard.selfhosted.store import ChatKitStore

from tests.contract.chats import ChatStores, DynamoChatStores, MemoryChatStores, a_codex
from tests.contract.stores import Dynamo, Time

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456)  # noqa: DTZ001  # the library's own times have no zone


def context(owner: str = "user:ann", placement: str = "sidebar") -> ChatContext:
    """Return who asks: an owner at a placement, with a chat session."""
    session, chat = a_codex(owner, placement)
    return ChatContext(Scope(owner, placement), session, chat)


ANN, BOB, ELSEWHERE = context(), context("user:bob"), context(placement="page")


def chat_stores(request: pytest.FixtureRequest, time: Time) -> ChatStores:
    """Return the implementation that a fixture's parameter names: `memory` or `dynamodb`."""
    if request.param == "memory":
        return MemoryChatStores(time)
    return DynamoChatStores(cast("Dynamo", request.getfixturevalue("tables")).table, time)


def library_store(stores: ChatStores) -> ChatKitStore:
    """Return the library's store over these, with random ids."""
    return ChatKitStore(stores.threads, lambda prefix: prefix + token_hex(16))


def a_thread(thread_id: str = "thr_1", seconds: float = 0, title: str | None = "A talk") -> ThreadMetadata:
    """Return a thread that began so many seconds after `NOW`."""
    created_at = NOW + timedelta(seconds=seconds)
    return ThreadMetadata(id=thread_id, title=title, created_at=created_at, metadata={"a": {"b": 1}})


def said(item_id: str, words: str = "Hello!", seconds: float = 0) -> UserMessageItem:
    """Return a user's message in `thr_1`."""
    return UserMessageItem(
        id=item_id,
        thread_id="thr_1",
        created_at=NOW + timedelta(seconds=seconds),
        content=[UserMessageTextContent(text=words)],
        inference_options=InferenceOptions(),
    )


def answered(item_id: str, words: str = "Hi.", seconds: float = 1) -> AssistantMessageItem:
    """Return an answer in `thr_1`."""
    created_at = NOW + timedelta(seconds=seconds)
    content = [AssistantMessageContent(text=words)]
    return AssistantMessageItem(id=item_id, thread_id="thr_1", created_at=created_at, content=content)


def one_of_each() -> list[ThreadItem]:
    """Return an item of every kind, in the order of their times."""
    at: dict[str, Any] = {"thread_id": "thr_1"}
    return [
        said("msg_z"),
        answered("msg_a"),
        ClientToolCallItem(
            id="tc_1", call_id="c1", name="f", arguments={"x": 1}, created_at=NOW + timedelta(seconds=2), **at
        ),
        WidgetItem(
            id="wdg_1", widget=Card(children=[Text(value="Hm")]), created_at=NOW + timedelta(seconds=3), **at
        ),
        HiddenContextItem(id="hid_1", content={"k": [1]}, created_at=NOW + timedelta(seconds=4), **at),
    ]


async def fill(store: ChatKitStore, number: int) -> list[ThreadItem]:
    """Store `thr_1` with so many messages. Return them in order: the store gets the newest first."""
    await store.save_thread(a_thread(), ANN)
    items: list[ThreadItem] = [said(f"msg_{number - each}", str(each), each) for each in range(number)]
    for item in reversed(items):
        await store.add_thread_item("thr_1", item, ANN)
    return items
