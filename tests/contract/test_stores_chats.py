"""The contract of chat sessions and codex sessions, against every store."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from switchboard.domain.chat_session import ChatSession, UpstreamChat
from switchboard.domain.errors import CodexSessionActive, InvalidRequest, NotFound, SessionChanged

from tests.contract.chats import (
    ANN,
    BOB,
    ChatStores,
    DynamoChatStores,
    MemoryChatStores,
    a_chat,
    a_codex,
    an_event,
)
from tests.contract.stores import START, Dynamo, Time


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, time: Time) -> ChatStores:
    """One implementation after the other."""
    if request.param == "memory":
        return MemoryChatStores(time)
    return DynamoChatStores(cast("Dynamo", request.getfixturevalue("tables")).table, time)


def test_a_chat_session_comes_back_as_it_was(stores: ChatStores) -> None:
    chat = a_chat(org_id="org_1").opening(START).hand_over("person:ops", START, "evt_1")
    stores.chats.add(chat)
    assert stores.chats.get(chat.id, ANN) == chat


def test_anothers_chat_session_looks_like_none(stores: ChatStores) -> None:
    chat = a_chat()
    stores.chats.add(chat)
    with pytest.raises(NotFound):
        stores.chats.get(chat.id, BOB)


def test_a_late_write_changes_nothing(stores: ChatStores) -> None:
    chat = a_chat()
    stores.chats.add(chat)
    ended = stores.chats.save(chat.end(START, "cancelled"), an_event(chat))
    with pytest.raises(SessionChanged):
        stores.chats.save(chat.hand_over("agent:researcher", START, "evt"), an_event(chat, 1))
    assert stores.chats.get(chat.id, ANN) == ended
    assert len(stores.chats.list_events(chat.id)) == 1


def test_events_come_back_in_order_and_once(stores: ChatStores) -> None:
    chat = a_chat()
    stores.chats.add(chat)
    events = [an_event(chat, seconds) for seconds in (0, 0.5, 1, 10)]
    for event in (*reversed(events), *events):
        stores.chats.add_event(chat, event)
    assert stores.chats.list_events(chat.id) == tuple(events)


def test_an_owner_pages_through_their_own_newest_first(stores: ChatStores) -> None:
    mine = [a_chat(created_at=START + timedelta(seconds=number)) for number in range(5)]
    for chat in (*mine, a_chat(BOB)):
        stores.chats.add(chat)
    first = stores.chats.list(ANN, limit=2)
    second = stores.chats.list(ANN, first.cursor, limit=2)
    third = stores.chats.list(ANN, second.cursor, limit=2)
    assert [*first.items, *second.items, *third.items] == list(reversed(mine))
    assert third.cursor is None


@pytest.mark.parametrize("cursor", ["x", "!!", "Y2hhdF8", "e30=", "\u00e9"])
def test_a_cursor_of_nobodys_is_refused(stores: ChatStores, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        stores.chats.list(ANN, cursor)


def test_what_has_run_out_or_waits_for_the_upstream_is_due_and_nothing_else(stores: ChatStores) -> None:
    active, opening = a_chat(), a_chat().opening(START)
    upstream = UpstreamChat("active", START, "cksess_1", START + timedelta(hours=1))
    owed = a_chat().opened(upstream).end(START, "cancelled")
    over = a_chat().end(START, "closed")
    for chat in (active, opening, owed, over):
        stores.chats.add(chat)

    def due(after: timedelta) -> set[str]:
        return {chat.id for chat in stores.chats.list_due(START + after, 10)}

    assert due(timedelta(seconds=59)) == set()
    assert due(timedelta(seconds=60)) == {opening.id, owed.id}
    assert due(timedelta(hours=24)) == {opening.id, owed.id, active.id}
    assert stores.chats.count_active() == 3


def test_a_settled_chat_session_is_due_no_more(stores: ChatStores) -> None:
    chat = a_chat()
    stores.chats.add(chat)
    stores.chats.save(chat.end(START, "closed"))
    assert list(stores.chats.list_due(START + timedelta(days=30), 10)) == []
    assert stores.chats.count_active() == 0


def test_a_codex_session_comes_with_its_chat_session(stores: ChatStores) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    assert stores.codex.get(session.id, ANN) == session
    assert stores.codex.find_current(ANN, "sidebar", "assistant") == session
    assert stores.chats.get(chat.id, ANN) == chat


def test_a_second_active_one_is_refused_with_the_way_to_the_first(stores: ChatStores) -> None:
    stores.codex.add(*a_codex())
    second, chat = a_codex()
    with pytest.raises(CodexSessionActive) as refused:
        stores.codex.add(second, chat)
    pointer = "/api/codex/sessions/current?placement=sidebar&agent_id=assistant"
    assert refused.value.details == {"current": pointer}
    for look in (lambda: stores.codex.get(second.id, ANN), lambda: stores.chats.get(chat.id, ANN)):
        with pytest.raises(NotFound):
            look()


def test_users_placements_and_agents_do_not_stand_in_each_others_way(stores: ChatStores) -> None:
    for key in ((ANN, "a", "b"), (ANN, "a", "c"), (ANN, "b", "b"), (BOB, "a", "b")):
        stores.codex.add(*a_codex(*key))
    assert stores.codex.find_current(BOB, "b", "b") is None


def test_anothers_codex_session_looks_like_none(stores: ChatStores) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    with pytest.raises(NotFound):
        stores.codex.get(session.id, BOB)
    assert stores.codex.find_current(BOB, "sidebar", "assistant") is None


def test_a_closed_one_makes_room(stores: ChatStores) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    closed = stores.codex.close(session.close(START))
    assert stores.codex.get(session.id, ANN) == closed
    assert stores.codex.find_current(ANN, "sidebar", "assistant") is None
    stores.codex.add(*a_codex())


def test_a_late_close_changes_nothing(stores: ChatStores) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    stores.codex.close(session.close(START))
    successor, next_chat = a_codex()
    stores.codex.add(successor, next_chat)
    with pytest.raises(SessionChanged):
        stores.codex.close(session.close(START))
    assert stores.codex.find_current(ANN, "sidebar", "assistant") == successor


def test_one_past_its_time_is_gone_before_anybody_removes_it(stores: ChatStores, time: Time) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    time.sleep(24 * 3600)
    with pytest.raises(NotFound):
        stores.codex.get(session.id, ANN)
    assert stores.codex.find_current(ANN, "sidebar", "assistant") is None
    stores.codex.add(*a_codex(created_at=time.now))


def test_a_removed_one_is_gone_and_may_be_removed_again(stores: ChatStores) -> None:
    session, chat = a_codex()
    stores.codex.add(session, chat)
    closed = stores.codex.close(session.close(START))
    stores.codex.remove(closed)
    stores.codex.remove(closed)
    with pytest.raises(NotFound):
        stores.codex.get(session.id, ANN)


def test_rows_say_when_they_may_be_forgotten(tables: Dynamo, time: Time) -> None:
    stores = DynamoChatStores(tables.table, time)
    session, chat = a_codex()
    stores.codex.add(session, chat)
    stores.chats.add_event(chat, an_event(chat))
    ttl = {row["pk"]["S"].partition("#")[0]: int(row["ttl"]["N"]) for row in tables.rows()}
    assert set(ttl) == {"CODEX", "CHATS", "CHATLOG"}
    assert ttl["CODEX"] == int(session.expires_at.timestamp())
    assert ttl["CHATS"] == int((chat.expires_at + timedelta(days=30)).timestamp())


def test_chat_sessions_are_not_listed_among_voice_sessions(tables: Dynamo, time: Time) -> None:
    stores = DynamoChatStores(tables.table, time)
    chat: ChatSession = a_chat()
    stores.chats.add(chat)
    stores.codex.add(*a_codex())
    assert tables.sessions.list(ANN).items == ()
