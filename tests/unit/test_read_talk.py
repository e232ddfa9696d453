"""What a page tells of a gap is read by all who read the talk, labelled, and by nobody else's doing."""

from __future__ import annotations

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.principal import Guest, Principal
from switchboard.domain.transcript import GAP, Item, Report
from switchboard.stores.logs import MemoryReports
from switchboard.usecases.attach_call import AttachCall, attach_call
from switchboard.usecases.digest_transcript import DigestTranscript, digest_transcript
from switchboard.usecases.get_transcript import GetTranscript, TranscriptAnswer, get_transcript
from switchboard.usecases.load_log import find_log, read_chunks
from switchboard.usecases.load_renewal import LoadRenewal, load_renewal
from switchboard.usecases.read_talk import read_talk
from switchboard.usecases.sweep_calls import SweepCalls, sweep_calls

from tests.unit.extractions import Workflow, answer, started
from tests.unit.fakes import World
from tests.unit.given import ANN, BOB, SESSION_ID, open_session, talk, write_talk
from tests.unit.summaries import record

WORDS = ["My name is Ada.", "Hello, Ada.", "I live in Lisbon.", "How nice."]


def with_a_hole(world: World) -> None:
    """Ann's session, in which nobody heard what was said second and third."""
    open_session(world)
    items = talk(*WORDS)
    gap = Item("gap_2_1", seq=1, kind=GAP, lost=True, ended=True)
    write_talk(world, [items[0], gap, items[3]])


def told(world: World, principal: Principal = ANN, **changes: str) -> str:
    """Have the page of that principal tell all of it, with some words changed; return the log's id."""
    lines = [
        {"id": item.id, "role": item.role, "content": changes.get(item.id, item.text)}
        for item in talk(*WORDS)
    ]
    content = {"messages": lines, "metadata": {"sessionId": SESSION_ID}}
    return record(world, content, principal).log_id


def get(world: World, **query: str) -> TranscriptAnswer:
    return get_transcript(GetTranscript.model_validate({"sessionId": SESSION_ID, **query}), ANN, world)


def test_the_transcript_shows_the_words_and_whose_they_are(world: World) -> None:
    with_a_hole(world)
    assert [item.status for item in get(world).items] == ["completed", "lost", "completed"]
    told(world)
    items = get(world).items
    assert [item.text for item in items] == WORDS
    assert [item.source for item in items] == ["sideband", "browser", "browser", "sideband"]
    assert {item.generation for item in items} == {2}


def test_a_stranger_tells_nothing(world: World) -> None:
    with_a_hole(world)
    told(world, BOB)
    assert [item.status for item in get(world).items] == ["completed", "lost", "completed"]


def test_secrets_are_taken_out_of_what_a_page_tells(world: World) -> None:
    with_a_hole(world)
    told(world, item_2="My key is sk-abcdefghijklmnop1234.")
    assert get(world).items[2].text == "My key is [secret]."


def test_what_was_heard_stays_whatever_a_page_says_of_it(world: World) -> None:
    with_a_hole(world)
    told(world, item_0="I am the administrator.")
    assert [item.text for item in get(world).items] == WORDS


def test_a_renewal_is_told_the_words_and_whose_they_are(world: World) -> None:
    with_a_hole(world)
    before = load_renewal(LoadRenewal.model_validate({"sessionId": SESSION_ID}), world).transcript_version
    told(world)
    after = load_renewal(LoadRenewal.model_validate({"sessionId": SESSION_ID}), world).transcript_version
    assert before != after
    request = DigestTranscript.model_validate({"sessionId": SESSION_ID, "transcriptVersion": after})
    assert digest_transcript(request, world).restored == "full"
    digest = world.digests.find(SESSION_ID, after)
    assert digest
    assert digest.text.splitlines()[1:3] == [
        "assistant: Hello, Ada. [as the browser tells]",
        "user: I live in Lisbon. [as the browser tells]",
    ]


def test_an_extraction_reads_the_words_and_cites_them(world: World) -> None:
    with_a_hole(world)
    told(world)
    extraction = started(world)
    world.model.answers = [answer("Ada", 3)]
    Workflow(world, extraction).run()
    assert "[3] user: I live in Lisbon. [as the browser tells]" in world.model.asked[0]["text"]
    found = world.extractions.find(extraction.id)
    assert found
    assert found.evidence[0].items == ("item_2",)


def test_the_summary_of_a_log_is_told_that_only_the_browser_heard_them(world: World) -> None:
    with_a_hole(world)
    log = find_log(told(world), world.logs)
    assert read_chunks(log, world) == [
        [
            f"[both] user: {WORDS[0]}",
            f"[browser] assistant: {WORDS[1]}",
            f"[browser] user: {WORDS[2]}",
            f"[both] assistant: {WORDS[3]}",
        ]
    ]


def test_the_cursor_of_a_gap_that_is_filled_meanwhile_leads_to_what_fills_it(world: World) -> None:
    with_a_hole(world)
    first = get(world, limit="2")
    assert first.cursor == "2.gap_2_1"
    told(world)
    assert [item.text for item in get(world, cursor=first.cursor).items] == WORDS[1:]
    with pytest.raises(InvalidRequest):
        get(world, cursor="2.gap_9_9")


class Counting(MemoryReports):
    """Counts how often it is asked."""

    asked = 0

    def list(self, session_id: str) -> tuple[Report, ...]:
        self.asked += 1
        return super().list(session_id)


def test_nobody_is_asked_about_a_talk_that_is_whole(world: World) -> None:
    world.reports = reports = Counting()
    open_session(world)
    write_talk(world, talk(*WORDS))
    assert len(read_talk(SESSION_ID, world)) == 4
    assert reports.asked == 0


def test_a_log_that_first_came_without_its_cookie_fills_when_it_comes_again(world: World) -> None:
    owner, nobody = Guest("gst_1", network="home"), Guest("gst_2", network="home")
    open_session(world, owner=owner.owner)
    items = talk(*WORDS)
    write_talk(world, [items[0], Item("gap_2_1", seq=1, kind=GAP, lost=True, ended=True), items[3]])
    told(world, nobody)
    assert len(read_talk(SESSION_ID, world)) == 3
    told(world, owner)
    assert len(read_talk(SESSION_ID, world)) == 4


def test_only_the_newest_reports_are_read(world: World) -> None:
    with_a_hole(world)
    told(world, item_1="The first and oldest of all that were told, and the longest.")
    for number in range(limits.REPORTS_MAX):
        world.time.sleep(60)
        told(world, item_1=f"Hello {number}.")
    assert len(world.reports.list(SESSION_ID)) == limits.REPORTS_MAX
    assert [item.text for item in get(world).items][1] == f"Hello {limits.REPORTS_MAX - 1}."


def test_a_call_that_no_host_ever_heard_is_told_by_the_page(world: World) -> None:
    open_session(world)
    attach_call(AttachCall.model_validate({"sessionId": SESSION_ID, "callId": "rtc_1"}), ANN, world)
    world.time.sleep(limits.UNFOLLOWED_SECONDS)
    sweep_calls(SweepCalls(), world)
    told(world)
    items = [(item.text, item.source) for item in get(world).items if item.text]
    assert items == [(words, "browser") for words in WORDS]
