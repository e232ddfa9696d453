"""The contract of sessions: whose they are, and that no late write gets through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from switchboard.domain.call import Call
from switchboard.domain.errors import CallTaken, InvalidRequest, NotFound, SessionChanged
from switchboard.domain.session import Session

from tests.contract.stores import START, Dynamo, Stores, Time

ANN, BOB = "user:ann", "guest:bob"


def session(number: int = 1, owner: str = ANN) -> Session:
    return Session(
        id=f"sess_{number:032x}",
        owner=owner,
        mode="direct",
        model="gpt-realtime-2.1",
        voice="marin",
        transcription=True,
        base_instructions="Be kind.",
        instructions="Be kind. 🙂",
        secret_id="00000001#x",
        created_at=START + timedelta(seconds=number),
        updated_at=START + timedelta(seconds=number),
    )


def call(of: Session, call_id: str = "rtc_1") -> Call:
    return Call(of.id, of.call_generation, call_id, created_at=START)


def test_a_session_comes_back_as_it_went(stores: Stores) -> None:
    whole = replace(
        session().attach("rtc_1", START).end(START, replaced_by="sess_2"),
        profile={"name": "Ann", "age": 3.5, "goals": ["a"], "home": None},
        transcription=False,
    )
    for one in (session(), whole):
        stored = replace(one, id=f"sess_{hash(one.status):032x}"[:37])
        stores.sessions.add(stored)
        assert stores.sessions.load(stored.id) == stored
        assert stores.sessions.get(stored.id, ANN) == stored


def test_empty_texts_are_kept(stores: Stores) -> None:
    empty = replace(session(), base_instructions="", instructions="", profile={})
    stores.sessions.add(empty)
    assert stores.sessions.load(empty.id) == empty


def test_a_missing_session_and_anothers_are_not_found(stores: Stores) -> None:
    stores.sessions.add(session())
    messages = set()
    for session_id, owner in ((session(2).id, ANN), (session(1).id, BOB), (session(1).id, "guest:ann")):
        with pytest.raises(NotFound) as caught:
            stores.sessions.get(session_id, owner)
        messages.add(caught.value.message)
    assert len(messages) == 1
    with pytest.raises(NotFound):
        stores.sessions.load(session(2).id)


def test_a_write_raises_the_version(stores: Stores) -> None:
    stores.sessions.add(session())
    saved = stores.sessions.save(session().rotate("2", "x", START))
    assert saved.version == 2
    assert stores.sessions.load(saved.id) == saved


def test_a_write_over_an_older_version_changes_nothing(stores: Stores) -> None:
    stores.sessions.add(session())
    winner = stores.sessions.save(session().rotate("2", "x", START))
    with pytest.raises(SessionChanged) as caught:
        stores.sessions.save(session().rotate("3", "y", START))
    assert caught.value.retry_after
    assert stores.sessions.load(winner.id) == winner


def test_a_session_that_was_never_stored_cannot_be_changed(stores: Stores) -> None:
    with pytest.raises(SessionChanged):
        stores.sessions.save(session())
    with pytest.raises(NotFound):
        stores.sessions.load(session().id)


def test_a_new_session_and_the_end_of_the_old_are_stored_together(stores: Stores) -> None:
    stores.sessions.add(session(1))
    stores.sessions.add(session(2), session(1).end(START, replaced_by=session(2).id))
    assert stores.sessions.load(session(1).id).status == "ended"
    assert stores.sessions.load(session(2).id) == session(2)


def test_if_the_old_session_has_changed_there_is_no_new_one(stores: Stores) -> None:
    stores.sessions.add(session(1))
    changed = stores.sessions.save(session(1).rotate("2", "x", START))
    with pytest.raises(SessionChanged):
        stores.sessions.add(session(2), session(1).end(START, replaced_by=session(2).id))
    assert stores.sessions.load(session(1).id) == changed
    with pytest.raises(NotFound):
        stores.sessions.load(session(2).id)


def test_session_and_call_are_attached_together(stores: Stores) -> None:
    stores.sessions.add(session())
    changed = session().attach("rtc_1", START)
    attached = stores.sessions.attach(changed, call(changed))
    assert attached == replace(changed, version=2)
    assert stores.sessions.load(attached.id) == attached
    assert stores.calls.list(attached.id) == (call(changed),)


def test_a_late_attach_leaves_no_call(stores: Stores) -> None:
    stores.sessions.add(session())
    winner = stores.sessions.save(session().rotate("2", "x", START))
    changed = session().attach("rtc_1", START)
    with pytest.raises(SessionChanged):
        stores.sessions.attach(changed, call(changed))
    assert stores.sessions.load(winner.id) == winner
    assert stores.calls.list(winner.id) == ()
    other = session(2, BOB)
    stores.sessions.add(other)
    stores.sessions.attach(other.attach("rtc_1", START), call(other.attach("rtc_1", START)))


def test_a_call_of_another_session_is_taken_and_nothing_changes(stores: Stores) -> None:
    for one in (session(1), session(2, BOB)):
        stores.sessions.add(one)
    first = session(1).attach("rtc_1", START)
    stores.sessions.attach(first, call(first))
    thief = session(2, BOB).attach("rtc_1", START)
    with pytest.raises(CallTaken):
        stores.sessions.attach(thief, call(thief))
    assert stores.sessions.load(thief.id) == session(2, BOB)
    assert stores.calls.list(thief.id) == ()


def test_a_late_attach_of_anothers_call_is_taken_all_the_same(stores: Stores) -> None:
    for one in (session(1), session(2, BOB)):
        stores.sessions.add(one)
    first = session(1).attach("rtc_1", START)
    stores.sessions.attach(first, call(first))
    stores.sessions.save(session(2, BOB))
    thief = session(2, BOB).attach("rtc_1", START)
    with pytest.raises(CallTaken):
        stores.sessions.attach(thief, call(thief))


def test_a_session_may_take_its_own_call_again_at_a_later_generation(stores: Stores) -> None:
    stores.sessions.add(session())
    current = session()
    for call_id in ("rtc_1", "rtc_2", "rtc_1"):
        changed = current.attach(call_id, START)
        current = stores.sessions.attach(changed, call(changed, call_id))
    assert [(one.generation, one.call_id) for one in stores.calls.list(current.id)] == [
        (2, "rtc_1"),
        (3, "rtc_2"),
        (4, "rtc_1"),
    ]


def test_an_owners_sessions_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for number in (2, 1, 4, 3, 5):
        stores.sessions.add(session(number))
    stores.sessions.add(session(9, BOB))
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = stores.sessions.list(ANN, cursor, limit=2)
        assert len(page.items) <= 2
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [session(number).id for number in (5, 4, 3, 2, 1)]
    assert cursor is None


def test_who_has_none_gets_an_empty_list(stores: Stores) -> None:
    stores.sessions.add(session())
    assert stores.sessions.list(BOB).items == ()


@pytest.mark.parametrize("cursor", ["x", "é", "-1", "NQ==", "W10=", "eyJhIjogMX0=", "\x00"])
def test_a_cursor_that_is_not_ours_is_refused(stores: Stores, cursor: str) -> None:
    stores.sessions.add(session())
    with pytest.raises(InvalidRequest):
        stores.sessions.list(ANN, cursor)


def test_a_session_whose_time_has_passed_looks_gone(tables: Dynamo, time: Time) -> None:
    stored = session()
    tables.sessions.add(stored)
    time.sleep(30 * 24 * 3600)
    assert tables.sessions.load(stored.id) == stored
    time.sleep(2)
    with pytest.raises(NotFound):
        tables.sessions.load(stored.id)
    assert tables.sessions.list(ANN).items == ()


def test_every_change_gives_a_session_its_days_anew(tables: Dynamo, time: Time) -> None:
    tables.sessions.add(session())
    time.sleep(29 * 24 * 3600)
    saved = tables.sessions.save(session().rotate("2", "x", time()))
    time.sleep(29 * 24 * 3600)
    assert tables.sessions.load(saved.id) == saved
