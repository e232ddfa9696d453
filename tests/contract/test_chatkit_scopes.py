"""Whose the ChatKit library's threads are: apart between users, on record, and gone after a season."""

from __future__ import annotations

import pytest
from chatkit.store import NotFoundError
from chatkit.types import FileAttachment
from switchboard.domain.ports.chats import ThreadRow
from switchboard.selfhosted.context import ChatContext
from switchboard.selfhosted.store import ChatKitStore

from tests.contract.chatkit_given import (
    ANN,
    BOB,
    ELSEWHERE,
    a_thread,
    chat_stores,
    context,
    fill,
    library_store,
    one_of_each,
    said,
)
from tests.contract.chats import ChatStores, DynamoChatStores
from tests.contract.stores import Dynamo, Time

pytestmark = pytest.mark.filterwarnings("ignore:Direct usage of named widget classes")


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, time: Time) -> ChatStores:
    """One implementation after the other."""
    return chat_stores(request, time)


@pytest.fixture
def store(stores: ChatStores) -> ChatKitStore:
    return library_store(stores)


@pytest.mark.parametrize("stranger", [BOB, ELSEWHERE], ids=["user", "placement"])
async def test_nobody_reaches_what_is_in_another_scope(store: ChatKitStore, stranger: ChatContext) -> None:
    items = await fill(store, 2)
    file = FileAttachment(id="atc_1", mime_type="text/plain", name="a.txt")
    await store.save_attachment(file, ANN)
    assert (await store.load_threads(10, None, "asc", stranger)).data == []
    assert (await store.load_thread_items("thr_1", None, 10, "asc", stranger)).data == []
    for look in (
        store.load_thread("thr_1", stranger),
        store.load_item("thr_1", items[0].id, stranger),
        store.load_attachment("atc_1", stranger),
        store.load_threads(10, "thr_1", "asc", stranger),
    ):
        with pytest.raises(NotFoundError):
            await look


@pytest.mark.parametrize("stranger", [BOB, ELSEWHERE], ids=["user", "placement"])
async def test_nobody_changes_what_is_in_another_scope(store: ChatKitStore, stranger: ChatContext) -> None:
    items = await fill(store, 2)
    await store.save_thread(a_thread(title="Mine now"), stranger)
    await store.save_item("thr_1", said(items[0].id, "Forged"), stranger)
    await store.delete_thread_item("thr_1", items[1].id, stranger)
    await store.delete_thread("thr_1", stranger)
    assert await store.load_thread("thr_1", ANN) == a_thread()
    assert (await store.load_thread_items("thr_1", None, 10, "asc", ANN)).data == items


async def test_no_id_of_a_thread_spells_another_scope(store: ChatKitStore) -> None:
    await store.save_thread(a_thread("b#thr_1"), context("user:a"))
    await store.add_thread_item("b#thr_1", said("msg_1"), context("user:a"))
    page = await store.load_thread_items("thr_1", None, 10, "asc", context("user:a#b"))
    assert page.data == []


def test_ids_carry_at_least_96_random_bits(store: ChatKitStore) -> None:
    thread = a_thread()
    made = [store.generate_thread_id(ANN)] + [
        store.generate_item_id(kind, thread, ANN)
        for kind in ("message", "tool_call", "task", "workflow", "attachment", "sdk_hidden_context")
    ]
    for each in made:
        assert len(each.partition("_")[2]) * 4 >= 96
    assert len(set(made)) == len(made)


async def test_a_message_is_on_record_with_its_session_and_role(
    store: ChatKitStore, stores: ChatStores
) -> None:
    for item in one_of_each():
        await store.add_thread_item("thr_1", item, ANN)
    rows: tuple[ThreadRow, ...]
    rows, _ = stores.threads.list_items(ANN.scope, "thr_1", None, 10, newest_first=False)
    assert [row.facts["role"] for row in rows] == ["user", "agent", "system", "system", "system"]
    assert {row.facts["session_id"] for row in rows} == {ANN.chat.id}
    assert rows[2].facts["tool_invocation_id"] == "c1"


async def test_what_nobody_has_touched_for_a_season_is_gone(tables: Dynamo, time: Time) -> None:
    store = library_store(DynamoChatStores(tables.table, time))
    await fill(store, 2)
    time.sleep(90 * 24 * 3600 + 1)
    assert (await store.load_threads(10, None, "asc", ANN)).data == []
    assert (await store.load_thread_items("thr_1", None, 10, "asc", ANN)).data == []
