"""A stream tells what was said and then what is said, reads the table once, and notices what it missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError
from switchboard.domain import live_limits as limits
from switchboard.domain.errors import InvalidRequest, NotFound, TooManyViewers
from switchboard.domain.live import END
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.principal import Guest
from switchboard.domain.viewers import Notice, Viewer, of_message, to_message
from switchboard.stores.memory import MemoryTranscripts
from switchboard.stores.memory_viewers import MemoryViewers
from switchboard.usecases.stream_transcript import StreamedItem, StreamTranscript, stream_transcript
from switchboard.usecases.sweep_mailboxes import SweepMailboxes, sweep_mailboxes

from tests.unit.fakes import World
from tests.unit.given import BOB, SESSION_ID, session
from tests.unit.sideband_events import heard, reply
from tests.unit.viewing_world import Stage, ids

LONG = "word " * 150


class Counted(MemoryTranscripts):
    """Transcripts that remember what was read of them."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def read(self, session_id: str) -> tuple[tuple[int, tuple[TranscriptPage, ...]], ...]:
        earlier = list(self.reads)
        found = super().read(session_id)  # which reads the pages of each call
        self.reads[:] = [*earlier, "all"]
        return found

    def pages(self, session_id: str, generation: int, after: int = 0) -> tuple[TranscriptPage, ...]:
        self.reads.append(f"{generation} after {after}")
        return super().pages(session_id, generation, after)


@pytest.fixture
def reads(world: World) -> list[str]:
    transcripts = Counted()
    world.transcripts = transcripts
    return transcripts.reads


@pytest.fixture
def stage(world: World, reads: list[str]) -> Stage:
    return Stage(world)


def test_a_stream_begins_with_what_was_said_and_goes_on_with_what_is_said(
    stage: Stage, reads: list[str]
) -> None:
    stage.say(*heard("u1", None, "Hello."))
    begun, viewing = stage.watch()
    assert begun == ["u1"]
    assert viewing.wait() == []
    stage.say(*reply("a1", "u1", "Hi!"))
    stage.say(*heard("u2", "a1", LONG), *reply("a2", "u2", LONG))
    assert ids(viewing.wait()) == ["a1", "u2", "a2"]
    assert reads == ["all"]


def test_the_hosts_learn_of_a_viewer_only_where_a_call_is_open(stage: Stage) -> None:
    stage.watch()
    assert stage.world.hints == [("watch", SESSION_ID, "rtc_1")]
    stage.close_call()
    stage.watch()
    assert len(stage.world.hints) == 1


def test_what_was_lost_is_read_again_from_where_it_is_missing(stage: Stage, reads: list[str]) -> None:
    stage.say(*heard("u1", None, LONG))
    _, viewing = stage.watch()
    stage.book.say(*reply("a1", "u1", LONG), *heard("u2", "a1", LONG), *reply("a2", "u2", LONG))
    notices = stage.write()
    assert len(notices) > 3
    stage.tell(notices[-1])
    assert ids(viewing.wait()) == ["a1", "u2", "a2"]
    assert reads == ["all", f"{stage.generation} after 0"]
    stage.tell(*notices)
    assert viewing.wait() == []
    stage.book.say(*heard("u3", "a2", LONG), *reply("a3", "u3", LONG))
    stage.tell(stage.write()[-1])
    assert ids(viewing.wait()) == ["u3", "a3"]
    assert reads[-1] == f"{stage.generation} after {len(notices) - 1}"


def test_a_page_without_its_words_is_read(stage: Stage, reads: list[str]) -> None:
    _, viewing = stage.watch()
    stage.book.say(*heard("u1", None, LONG))
    [notice] = stage.write()
    message = to_message([notice], most=100)
    assert of_message(message)[0].entries is None
    stage.tell(*of_message(message))
    assert ids(viewing.wait()) == ["u1"]
    assert len(reads) == 2


def test_news_in_any_order_are_told_in_the_right_one(stage: Stage, reads: list[str]) -> None:
    _, viewing = stage.watch()
    stage.book.say(*heard("u1", None, LONG), *reply("a1", "u1", LONG), *heard("u2", "a1", LONG))
    notices = stage.write()
    for notice in reversed(notices):
        stage.tell(notice)
    assert ids(viewing.wait()) == ["u1", "a1", "u2"]
    assert reads == ["all"]


def test_a_session_that_ends_ends_the_stream_once_its_call_is_closed(stage: Stage) -> None:
    _, viewing = stage.watch()
    stage.say(*heard("u1", None, "Bye."))
    stage.end()
    stage.tell(Notice(0, over=True))
    assert ids(viewing.wait()) == ["u1"]
    assert not viewing.over
    stage.book.say(*reply("a1", "u1", "Bye!"))
    stage.write()
    stage.close_call()
    stage.tell(Notice(stage.generation, over=True))
    assert ids(viewing.wait()) == ["a1"]
    assert viewing.over


def test_an_ended_session_is_told_without_a_mailbox(stage: Stage) -> None:
    stage.say(*heard("u1", None, "Bye."))
    stage.close_call()
    stage.end()
    begun, viewing = stage.watch()
    assert (begun, viewing.over) == (["u1"], True)
    assert stage.world.viewers.list(SESSION_ID) == ()


def test_a_new_call_of_the_session_is_followed_too(stage: Stage) -> None:
    stage.say(*heard("u1", None, "One."))
    _, viewing = stage.watch()
    stage.close_call()
    stage.call("rtc_2")
    stage.book = type(stage.book)()
    stage.say(*heard("u2", None, "Two."))
    assert ids(viewing.wait()) == ["u2"]
    assert not viewing.over
    stage.say(*reply("a2", "u2", "Three."))
    assert ids(viewing.wait()) == ["a2"]


def test_a_silent_host_is_told_of_the_viewer_again_and_ever_more_rarely(stage: Stage) -> None:
    _, viewing = stage.watch()
    hints = []
    for _ in range(60):
        viewing.wait()
        hints.append(len(stage.world.hints))
    assert hints[4] == 1
    assert hints[6] == 2
    assert hints[-1] <= 6


def test_a_stream_goes_on_where_an_event_of_another_left_off(stage: Stage) -> None:
    stage.say(*heard("u1", None, "One."), *reply("a1", "u1", "Two."))
    first, second = stage.stream().shown
    assert stage.watch(first.id)[0] == ["a1"]
    assert stage.watch(second.id)[0] == []
    assert stage.watch("")[0] == ["u1", "a1"]


def test_who_comes_back_takes_the_place_of_their_own_earlier_stream(stage: Stage) -> None:
    stage.say(*heard("u1", None, "One."))
    [shown] = (earlier := stage.stream()).shown
    for _ in range(2 * limits.VIEWERS_MAX):
        stage.watch(shown.id)[1].close()
        stage.world.time.sleep(20)
    assert earlier.viewing is not None
    assert earlier.viewing.wait() == []
    assert earlier.viewing.gone
    assert stage.world.viewers.list(SESSION_ID) == ()


def test_who_comes_back_to_a_full_house_still_has_their_place(stage: Stage) -> None:
    stage.say(*heard("u1", None, "One."))
    first, *_ = [stage.stream() for _ in range(limits.VIEWERS_MAX)]
    [shown] = first.shown
    assert stage.watch(shown.id)[0] == []
    assert len(stage.world.viewers.list(SESSION_ID)) == limits.VIEWERS_MAX


def test_one_viewer_too_many_is_refused_and_leaves_nothing_behind(stage: Stage) -> None:
    viewings = [stage.watch()[1] for _ in range(limits.VIEWERS_MAX)]
    with pytest.raises(TooManyViewers):
        stage.stream()
    assert stage.world.mailboxes.open() == f"memory:{limits.VIEWERS_MAX + 1}"  # no refused one had a mailbox
    stage.world.mailboxes.close(f"memory:{limits.VIEWERS_MAX + 1}")
    for viewing in viewings:
        viewing.close()
    assert stage.world.viewers.list(SESSION_ID) == ()
    assert stage.world.mailboxes.sweep(stage.world.clock() + timedelta(seconds=1)) == 0


def test_the_guests_of_one_network_take_no_more_than_a_share_of_all_streams(world: World) -> None:
    def watch(number: int, network: str) -> None:
        guest = Guest(f"g{number}", network=network)
        fields = {"sessionId": f"sess_{number:032x}"}
        world.sessions.add(session(fields["sessionId"], owner=guest.owner))
        stream_transcript(StreamTranscript.model_validate(fields), guest, world)

    for number in range(limits.VIEWERS_NETWORK):
        watch(number, "home")
    with pytest.raises(TooManyViewers, match="network"):
        watch(limits.VIEWERS_NETWORK, "home")
    watch(limits.VIEWERS_NETWORK + 1, "elsewhere")


def test_a_user_takes_no_place_of_a_networks_guests(stage: Stage) -> None:
    stage.stream()
    [viewer] = stage.world.viewers.list(SESSION_ID)
    assert viewer.network is None


def test_who_comes_too_late_for_the_last_place_leaves_nothing_behind(stage: Stage) -> None:
    class Taken(MemoryViewers):
        def add(self, viewer: Viewer) -> None:
            raise viewer.rooms()[0].refusal()

    stage.world.viewers = Taken(stage.world.clock)
    with pytest.raises(TooManyViewers):
        stage.stream()
    assert stage.world.mailboxes.sweep(stage.world.clock() + timedelta(seconds=1)) == 0


def test_a_position_of_another_session_is_refused_and_leaves_nothing_behind(stage: Stage) -> None:
    with pytest.raises(InvalidRequest):
        stage.stream(f"v:{stage.generation}.7.")
    assert stage.world.viewers.list(SESSION_ID) == ()


def test_anothers_session_looks_like_no_session(stage: Stage) -> None:
    with pytest.raises(NotFound):
        stage.stream(who=BOB)
    with pytest.raises(NotFound):
        stage.stream(END, who=BOB)


def test_after_the_end_there_is_nothing(stage: Stage) -> None:
    assert stage.stream(END).viewing is None


@pytest.mark.parametrize("fields", [{"lastEventId": "x" * 5000}, {"limit": "3"}])
def test_what_is_no_request_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        StreamTranscript.model_validate({"sessionId": SESSION_ID, **fields})


def test_an_item_travels_as_in_the_transcript_and_with_its_place(stage: Stage) -> None:
    stage.say(*heard("u1", None, "One."), *reply("a1", "u1", "Two."))
    _, shown = stage.stream().shown
    fields = StreamedItem.shown(shown).model_dump(by_alias=True)
    assert (fields["itemId"], fields["previousItemId"], fields["text"]) == ("a1", "u1", "Two.")
    assert fields["generation"] == stage.generation


def test_a_message_that_is_not_ours_says_nothing() -> None:
    for text in ("", "{}", '{"notices": [{}]}', '{"notices": 3}', "[1]", "null"):
        assert of_message(text) == ()


def test_only_mailboxes_older_than_a_stream_are_swept(world: World) -> None:
    world.mailboxes.open()
    world.time.sleep(limits.STREAM_SECONDS + limits.MAILBOX_SPARE_SECONDS + 1)
    fresh = world.mailboxes.open()
    assert sweep_mailboxes(SweepMailboxes(), world).removed == 1
    world.mailboxes.send(fresh, "still there")


def test_a_viewer_is_forgotten_when_no_stream_can_be_open(stage: Stage) -> None:
    stage.watch()
    [viewer] = stage.world.viewers.list(SESSION_ID)
    assert isinstance(viewer, Viewer)
    stage.world.time.sleep(limits.STREAM_SECONDS + limits.MAILBOX_SECONDS + 1)
    assert stage.world.viewers.list(SESSION_ID) == ()
