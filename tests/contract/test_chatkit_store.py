"""The contract of the ChatKit library's `Store`, as its own suite has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chatkit.store import NotFoundError
from chatkit.types import (
    FileAttachment,
    ImageAttachment,
    Page,
    Thread,
    ThreadItem,
    ThreadMetadata,
    UserMessageTextContent,
)
from pydantic import AnyUrl
from switchboard.selfhosted.store import ChatKitStore

from tests.contract.chatkit_given import (
    ANN,
    NOW,
    a_thread,
    answered,
    chat_stores,
    fill,
    library_store,
    one_of_each,
    said,
)
from tests.contract.chats import ChatStores
from tests.contract.stores import Time

pytestmark = pytest.mark.filterwarnings("ignore:Direct usage of named widget classes")


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, time: Time) -> ChatStores:
    """One implementation after the other."""
    return chat_stores(request, time)


@pytest.fixture
def store(stores: ChatStores) -> ChatKitStore:
    return library_store(stores)


@pytest.mark.parametrize("title", ["A talk", None])
async def test_a_thread_comes_back_as_it_was(store: ChatKitStore, title: str | None) -> None:
    thread = a_thread(title=title)
    await store.save_thread(thread, ANN)
    assert await store.load_thread(thread.id, ANN) == thread


async def test_a_thread_is_overwritten_and_keeps_its_place(store: ChatKitStore) -> None:
    for number in range(3):
        await store.save_thread(a_thread(f"thr_{number}", number), ANN)
    changed = a_thread("thr_1", 1, title="Changed")
    await store.save_thread(changed, ANN)
    page = await store.load_threads(10, None, "asc", ANN)
    assert [thread.id for thread in page.data] == ["thr_0", "thr_1", "thr_2"]
    assert page.data[1] == changed


async def test_a_thread_is_stored_without_the_items_that_it_brings_along(store: ChatKitStore) -> None:
    thread = Thread(**a_thread().model_dump(), items=Page(data=[said("msg_1")]))
    await store.save_thread(thread, ANN)
    assert await store.load_thread("thr_1", ANN) == a_thread()
    assert (await store.load_thread_items("thr_1", None, 10, "asc", ANN)).data == []


async def test_a_missing_thread_item_or_attachment_is_not_found(store: ChatKitStore) -> None:
    await store.save_thread(a_thread(), ANN)
    for look in (
        store.load_thread("thr_2", ANN),
        store.load_thread("x" * 5000, ANN),
        store.load_item("thr_1", "msg_1", ANN),
        store.load_attachment("atc_1", ANN),
        store.load_threads(10, "thr_2", "asc", ANN),
        store.load_thread_items("thr_1", "msg_1", 10, "asc", ANN),
    ):
        with pytest.raises(NotFoundError):
            await look


async def test_items_of_every_kind_come_back_as_they_were_and_in_order(store: ChatKitStore) -> None:
    await store.save_thread(a_thread(), ANN)
    items = one_of_each()
    for item in reversed(items):
        await store.add_thread_item("thr_1", item, ANN)
    assert (await store.load_thread_items("thr_1", None, 10, "asc", ANN)).data == items
    newest_first = await store.load_thread_items("thr_1", None, 10, "desc", ANN)
    assert newest_first.data == items[::-1]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_items_are_paged(store: ChatKitStore, order: str) -> None:
    items = await fill(store, 5)
    wanted = items if order == "asc" else items[::-1]
    first = await store.load_thread_items("thr_1", None, 2, order, ANN)
    assert (first.data, first.has_more, first.after) == (wanted[:2], True, wanted[1].id)
    second = await store.load_thread_items("thr_1", first.after, 3, order, ANN)
    assert (second.data, second.has_more, second.after) == (wanted[2:], False, None)


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_threads_are_paged(store: ChatKitStore, order: str) -> None:
    threads = [a_thread(f"thr_{9 - number}", number) for number in range(3)]
    for thread in threads:
        await store.save_thread(thread, ANN)
    wanted = threads if order == "asc" else threads[::-1]
    first = await store.load_threads(2, None, order, ANN)
    assert (first.data, first.has_more, first.after) == (wanted[:2], True, wanted[1].id)
    second = await store.load_threads(2, first.after, order, ANN)
    assert (second.data, second.has_more, second.after) == (wanted[2:], False, None)


@pytest.mark.parametrize("limit", [0, -1, 10**6])
async def test_a_page_has_a_sensible_size_whatever_is_asked_for(store: ChatKitStore, limit: int) -> None:
    await fill(store, 3)
    assert 1 <= len((await store.load_thread_items("thr_1", None, limit, "asc", ANN)).data) <= 3


async def test_a_changed_item_keeps_its_place(store: ChatKitStore) -> None:
    items = await fill(store, 3)
    words = [UserMessageTextContent(text="Changed")]
    changed = items[1].model_copy(update={"content": words, "created_at": NOW + timedelta(hours=1)})
    await store.save_item("thr_1", changed, ANN)
    assert await store.load_item("thr_1", changed.id, ANN) == changed
    page = await store.load_thread_items("thr_1", None, 10, "asc", ANN)
    assert page.data == [items[0], changed, items[2]]


async def test_an_unknown_item_is_stored_by_saving_it(store: ChatKitStore) -> None:
    await store.save_item("thr_1", answered("msg_1"), ANN)
    assert await store.load_item("thr_1", "msg_1", ANN) == answered("msg_1")


async def test_an_item_that_is_added_twice_is_one(store: ChatKitStore) -> None:
    for _ in range(2):
        await store.add_thread_item("thr_1", answered("msg_1"), ANN)
    assert len((await store.load_thread_items("thr_1", None, 10, "asc", ANN)).data) == 1


async def test_a_deleted_item_is_gone_and_may_be_deleted_again(store: ChatKitStore) -> None:
    items = await fill(store, 3)
    for _ in range(2):
        await store.delete_thread_item("thr_1", items[1].id, ANN)
    page = await store.load_thread_items("thr_1", None, 10, "asc", ANN)
    assert page.data == [items[0], items[2]]


async def test_a_deleted_thread_takes_its_items_along_and_no_others(store: ChatKitStore) -> None:
    await fill(store, 30)
    await store.save_thread(a_thread("thr_10"), ANN)
    await store.add_thread_item("thr_10", said("msg_other"), ANN)
    for _ in range(2):
        await store.delete_thread("thr_1", ANN)
    with pytest.raises(NotFoundError):
        await store.load_thread("thr_1", ANN)
    assert (await store.load_thread_items("thr_1", None, 100, "asc", ANN)).data == []
    assert len((await store.load_thread_items("thr_10", None, 100, "asc", ANN)).data) == 1


async def test_attachments_come_back_as_they_were_and_can_be_deleted(store: ChatKitStore) -> None:
    file = FileAttachment(id="atc_1", mime_type="text/plain", name="a.txt", metadata={"by": "us"})
    url = AnyUrl("https://example.com/a.png")
    image = ImageAttachment(id="atc_2", mime_type="image/png", name="a.png", preview_url=url)
    for attachment in (file, image):
        await store.save_attachment(attachment, ANN)
        assert await store.load_attachment(attachment.id, ANN) == attachment
    for _ in range(2):
        await store.delete_attachment("atc_1", ANN)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ANN)


async def test_pages_say_what_they_hold(store: ChatKitStore) -> None:
    """A page of anything cannot be written as JSON by a process that has written no item yet."""
    items = await store.load_thread_items("thr_none", None, 20, "asc", ANN)
    threads = await store.load_threads(20, None, "asc", ANN)
    assert type(items).__name__ == Page[ThreadItem].__name__
    assert type(threads).__name__ == Page[ThreadMetadata].__name__
