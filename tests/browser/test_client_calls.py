"""The client in a real browser, on a page of another site: it talks, renews, reads, ends and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from dev.tokens import user_token
from tests.browser.client_page import Talk
from tests.browser.conftest import eventually
from tests.e2e.conftest import House

HELLO = [("user", "I am Ada."), ("assistant", "Hello Ada.")]
MORE = [("user", "From Lisbon."), ("assistant", "How lovely.")]
LONG = "I came here from the sea when I was nine"


def words(*parts: list[tuple[str, str]]) -> list[str]:
    """The words alone."""
    return [said for part in parts for _, said in part]


@pytest.fixture
def talk(person: BrowserContext, house: House, address: str) -> Iterator[Talk]:
    """A page of somebody's, and a session to be started on it."""
    with house.simulator() as control:
        begun = Talk(opened(person, address), house, control)
        yield begun
        assert begun.complaints == []


def opened(person: BrowserContext, address: str) -> Page:
    page = person.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("mode", ["relay", "direct"])
def test_sound_flows_both_ways_and_both_sides_hear_the_same_words(talk: Talk, mode: str) -> None:
    calls_url = talk.house.stack.simulator_url + "/v1/realtime/calls"
    talk.start({"callsUrl": calls_url}, mode=mode)
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    media = talk.upstream()["media"]
    assert (media["state"], media["channel"]) == ("connected", "open")
    eventually(talk.page, lambda: talk.upstream()["media"]["heard_peak"] > 0.05)
    eventually(talk.page, lambda: talk.sound()["energy"] > 0)
    before = talk.sound()["sent"]
    eventually(talk.page, lambda: talk.sound()["sent"] > before > 0)


def test_a_renewal_in_the_middle_of_a_sentence_loses_no_word(talk: Talk) -> None:
    talk.start(instructions="Be brief.")
    first = talk.call_id
    talk.play(("user", LONG), ("assistant", "What a long way."))
    eventually(talk.page, lambda: talk.upstream()["script"]["state"] == "playing")
    renewed = talk.page.evaluate("session.renew()")
    assert renewed in ("full", "digest", "none")
    second = talk.call_id
    assert second != first
    talk.play(*MORE)
    talk.wait_for([LONG, "What a long way.", *words(MORE)])
    left, taken = talk.upstream(first), talk.upstream(second)
    eventually(talk.page, lambda: talk.upstream(first)["end_reason"] == "the browser left")
    assert [item["spoken"] or item["text"] for item in left["transcript"]] == [LONG, "What a long way."]
    told = taken["session"]["instructions"] + str([item["text"] for item in taken["transcript"]])
    assert LONG in told
    assert "What a long way." in told
    eventually(talk.page, lambda: talk.upstream(second)["media"]["heard_seconds"] > 0)
    assert talk.page.evaluate("states") == ["connecting", "connected"]


def test_a_renewal_in_a_pause_tells_the_next_call_all_that_was_said(talk: Talk) -> None:
    talk.start(instructions="Be brief.")
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    talk.page.evaluate("session.renew()")
    told = talk.upstream()["session"]["instructions"]
    assert all(said in told for said in words(HELLO))
    talk.play(*MORE)
    talk.wait_for(words(HELLO, MORE))
    assert talk.page.evaluate("calls.length") == 2


def test_a_page_that_wakes_late_in_its_calls_hour_hands_over_by_itself(talk: Talk) -> None:
    talk.start(instructions="Be brief.")
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    talk.page.evaluate("slept = 3400; dispatchEvent(new Event('visibilitychange'))")
    eventually(talk.page, lambda: talk.page.evaluate("calls.length") == 2)
    talk.play(*MORE)
    talk.wait_for(words(HELLO, MORE))
    assert talk.page.evaluate("states") == ["connecting", "connected"]


def test_the_transcript_is_streamed_to_the_page_until_the_session_ends(talk: Talk) -> None:
    talk.start()
    talk.page.evaluate("""() => {
      window.live = [];
      (async () => {
        for await (const { type, item } of session.stream()) live.push(item?.text ?? type);
      })().catch((error) => live.push(error.code));
    }""")
    talk.play(*HELLO)
    eventually(talk.page, lambda: sorted(talk.page.evaluate("live")) == sorted(words(HELLO)))
    talk.page.evaluate("session.renew()")
    talk.play(*MORE)
    eventually(talk.page, lambda: sorted(talk.page.evaluate("live")) == sorted(words(HELLO, MORE)))
    talk.page.evaluate("session.end()")
    eventually(talk.page, lambda: talk.page.evaluate("live.at(-1)") == "end")


def test_a_refresh_ends_the_old_session_and_begins_with_nothing(talk: Talk) -> None:
    old = talk.start().id
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    first = talk.call_id
    talk.start({"guestToken": talk.page.evaluate("switchboard.guestToken")}, reset=old)
    assert talk.id != old
    assert talk.written() == []
    eventually(talk.page, lambda: talk.upstream(first)["ended_at"])
    talk.play(*MORE)
    talk.wait_for(words(MORE))


def test_a_profile_is_extracted_and_the_session_ended_on_both_sides(talk: Talk) -> None:
    talk.start()
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    assert talk.page.evaluate("session.extract()")["profile"]
    call_id = talk.call_id
    talk.page.evaluate("session.end()")
    assert talk.page.evaluate("session.record()")["status"] == "ended"
    eventually(talk.page, lambda: talk.upstream(call_id)["ended_at"])
    [log] = logs_of(talk.house, talk.id)
    assert log["whose"]["S"].startswith("guest:")


@pytest.mark.parametrize("who", ["guest", "user"])
def test_a_tab_closed_without_warning_leaves_a_log_of_its_own(
    talk: Talk, person: BrowserContext, address: str, who: str
) -> None:
    stack = talk.house.stack
    token = user_token(stack.engine_url, stack.physical_ids, "ada") if who == "user" else None
    talk.start({"token": token} if token else {})
    talk.play(*HELLO)
    talk.wait_for(words(HELLO))
    talk.page.close(run_before_unload=False)
    other = opened(person, address)
    [log] = eventually(other, lambda: logs_of(talk.house, talk.id))
    assert log["whose"]["S"].startswith(f"{who}:")


def logs_of(house: House, session_id: str) -> list[dict[str, Any]]:
    """The logs that the API keeps of a session: only its owner's are known to be of it."""
    table = house.stack.boto3_client("dynamodb")
    pages = table.get_paginator("scan").paginate(TableName=house.stack.table_name)
    rows = [item for found in pages for item in found["Items"] if item["pk"]["S"].startswith("LOG#")]
    return [row for row in rows if row.get("session_id", {}).get("S") == session_id]


def test_two_tabs_hold_two_talks_at_once(
    talk: Talk, person: BrowserContext, house: House, address: str
) -> None:
    with house.simulator() as control:
        other = Talk(opened(person, address), house, control)
        talk.start()
        other.start()
        talk.play(*HELLO)
        other.play(*MORE)
        talk.wait_for(words(HELLO))
        other.wait_for(words(MORE))
        assert talk.id != other.id
