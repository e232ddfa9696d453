"""What is sent to the upstream in answer to what it says."""

from __future__ import annotations

from typing import Any

import orjson
from sideband import limits
from sideband.conversation import Conversation
from sideband.journal import Journal, Progress
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.transcript import Transcript

from tests.unit.sideband_events import Event, appeared, committed, done, error, heard, reply, retrieved


def fresh(transcription: str | None = "gpt-live-transcribe") -> Conversation:
    return Conversation(Journal(Transcript(), 1), transcription)


def hear(conversation: Conversation, *events: Event, now: float = 0.0) -> list[Any]:
    """Let it hear the events; what it sends in answer."""
    return [orjson.loads(sent) for event in events for sent in conversation.take(orjson.dumps(event), now)]


def tend(conversation: Conversation, now: float) -> list[Any]:
    return [orjson.loads(sent) for sent in conversation.tend(now)]


def opened(conversation: Conversation, now: float = 0.0) -> list[Any]:
    return [orjson.loads(sent) for sent in conversation.opened(now)]


def asked(frames: list[Any]) -> list[str]:
    return [frame["item_id"] for frame in frames if frame["type"] == "conversation.item.retrieve"]


def test_a_connection_begins_with_a_sparse_update() -> None:
    (update,) = opened(fresh())
    assert (update["type"], update["session"]) == (
        "session.update",
        {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-live-transcribe"}}}},
    )


def test_a_session_without_transcription_keeps_its_settings() -> None:
    (update,) = opened(fresh(None))
    assert update["session"] == {"type": "realtime"}


def test_an_update_that_is_refused_is_repeated_without_wishes() -> None:
    conversation = fresh()
    (update,) = opened(conversation)
    (again,) = hear(conversation, error(update["event_id"], "invalid_value"))
    assert again["session"] == {"type": "realtime"}
    assert hear(conversation, error(again["event_id"], "invalid_value")) == []
    assert opened(conversation)[0]["session"] == {"type": "realtime"}


def test_anothers_refused_event_is_none_of_our_business() -> None:
    conversation = fresh()
    opened(conversation)
    assert hear(conversation, error("browser_1", "invalid_value"), error(None, "server_error")) == []


def test_an_unknown_predecessor_is_asked_for_after_a_moment() -> None:
    conversation = fresh()
    assert hear(conversation, appeared("a2", "u2")) == []
    due = conversation.wakes_at()
    assert due == limits.RETRIEVE_GRACE
    assert asked(tend(conversation, due)) == ["u2"]


def test_a_predecessor_that_was_merely_late_is_not_asked_for() -> None:
    conversation = fresh()
    hear(conversation, appeared("a2", "u2"), committed("u2", None))
    assert tend(conversation, limits.RETRIEVE_GRACE) == []
    assert conversation.wakes_at() is None


def store(conversation: Conversation) -> None:
    """Let everything be written, so that the journal forgets what is finished."""
    while (write := conversation.journal.next_write()) is not None:
        conversation.journal.written(write)


def test_an_unknown_predecessor_is_asked_for_though_who_named_it_is_stored_and_forgotten() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    store(conversation)
    assert not conversation.journal.transcript.items
    assert asked(tend(conversation, 1.0)) == ["a1"]
    assert asked(opened(conversation, 2.0)) == ["a1"]
    hear(conversation, retrieved("a1", "Hello."), now=3.0)
    assert asked(opened(conversation, 4.0)) == []


def test_a_gap_in_the_pages_of_an_earlier_host_is_asked_for() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    write = conversation.journal.next_write()
    assert write is not None
    page = TranscriptPage(1, 1, 1, tuple(write.entries.values()))
    successor = Conversation(Journal.of_pages([page], 2), None)
    assert asked(opened(successor)) == ["a1"]


def test_what_never_came_is_lost_when_the_call_is_over() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    store(conversation)
    conversation.close(5.0)
    assert [item.status for item in conversation.journal.unsaved()] == ["lost"]


def test_the_answer_to_a_retrieve_fills_the_gap() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    tend(conversation, 1.0)
    hear(conversation, retrieved("a1", "Hello."), now=1.5)
    assert conversation.wakes_at() is None
    assert [item.text for item in conversation.journal.transcript.items.values()] == ["Bye.", "Hello."]


def test_an_item_that_the_upstream_has_no_more_is_lost() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    (retrieve,) = tend(conversation, 1.0)
    hear(conversation, error(retrieve["event_id"], "item_not_found"), now=1.1)
    assert conversation.journal.transcript.items["a1"].status == "lost"
    assert conversation.progress is Progress.SETTLED
    assert conversation.wakes_at() is None


def test_a_retrieve_that_met_trouble_is_repeated() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    (retrieve,) = tend(conversation, 1.0)
    assert hear(conversation, error(retrieve["event_id"], "server_error", "server_error"), now=1.1) == []
    assert asked(tend(conversation, 1.1 + limits.RETRIEVE_GRACE)) == ["a1"]


def test_an_item_that_is_asked_for_in_vain_is_lost_in_the_end() -> None:
    conversation = fresh()
    hear(conversation, *reply("a2", "a1", "Bye."))
    tries = 0
    while (due := conversation.wakes_at()) is not None:
        tries += len(asked(tend(conversation, due)))
    assert tries == limits.RETRIEVE_TRIES
    assert conversation.journal.transcript.items["a1"].status == "lost"


def test_few_items_are_asked_for_at_once() -> None:
    conversation = fresh()
    names = [f"a{number}" for number in range(6)]
    hear(conversation, *(appeared(f"b{name}", name) for name in names))
    assert len(asked(tend(conversation, 1.0))) == limits.RETRIEVES
    answers = asked(tend(conversation, 1.1))
    assert answers == []
    hear(conversation, retrieved("a0", "x"), retrieved("a1", "x"), now=1.5)
    assert asked(tend(conversation, 2.0)) == ["a2", "a3"]


def test_a_new_connection_asks_for_what_was_under_way() -> None:
    conversation = fresh()
    opened(conversation)
    hear(conversation, *heard("u1", None, "Hello?"), appeared("a1", "u1"), committed("u2", "a1"))
    assert asked(opened(conversation, 5.0)) == ["a1", "u2"]


def test_tries_are_counted_across_connections_as_the_answer_may_be_what_breaks_them() -> None:
    conversation = fresh()
    hear(conversation, *heard("u1", None, "Hello?"), appeared("a1", "u1"))
    for number in range(limits.RETRIEVE_TRIES):
        assert asked(opened(conversation, float(number))) == ["a1"]
    assert asked(opened(conversation, 9.0)) == []


def test_frames_that_cannot_be_read_are_passed_over() -> None:
    conversation = fresh()
    for frame in (b"", b"{", b"[]", b"12", b'"x"', b"\xff\xfe", b'{"type":7}', b'{"type":"error","error":1}'):
        assert conversation.take(frame, 0.0) == []
    assert conversation.progress is Progress.NOTHING


def test_the_session_tells_when_it_will_end_and_that_it_has() -> None:
    conversation = fresh()
    hear(conversation, {"type": "session.updated", "session": {"expires_at": 1784852564}})
    assert conversation.expires_at == 1784852564
    hear(conversation, error(None, "session_expired"))
    assert conversation.expired


def test_ignored_frames_would_have_changed_nothing() -> None:
    from sideband.conversation import IGNORED

    for start in IGNORED:
        kind = start.decode().removeprefix('{"type":"')
        for tail in ("", "done", "updated", "started"):
            conversation = fresh()
            conversation.journal.fold({**done("a", None, "x"), "type": kind + tail}, 0.0)
            assert not conversation.journal.transcript.items, kind
