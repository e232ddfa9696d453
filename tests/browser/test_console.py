"""The console in a real browser: calls with sound, placed, carried on, read, ended and left."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import eventually, open_console, words_of
from tests.browser.steps import SAID, TALK, both_heard, call, current, press, said
from tests.e2e.conftest import House


@pytest.fixture(autouse=True)
def talk(house: House) -> None:
    """The simulator knows a short talk."""
    with house.simulator() as control:
        control.put(f"/scripts/{TALK['name']}", json=TALK).raise_for_status()


def record_of(page: Page, session_id: str) -> dict[str, Any]:
    """The session's record, asked for as the page's own guest."""
    return dict(page.evaluate("id => fetch('/session/' + id).then(answer => answer.json())", session_id))


def live_call(house: House, session: dict[str, Any]) -> dict[str, Any]:
    """The simulator's view of the session's current call."""
    return house.browser().look(session["callId"])


@pytest.mark.parametrize("mode", ["relay", "direct"])
def test_a_talk_is_heard_the_same_by_the_browser_and_the_sideband(
    page: Page, house: House, mode: str
) -> None:
    session = record_of(page, call(page, mode=mode))
    assert session["mode"] == mode
    both_heard(page, SAID)
    assert "median" in page.inner_text("#lag")
    assert page.locator("#transcripts tbody td.figure", has_text=" s").count() == len(SAID)
    media = live_call(house, session)["media"]
    assert (media["state"], media["channel"]) == ("connected", "open")
    assert media["spoken_seconds"] > 1
    eventually(page, lambda: loudest(page, "out") > 0.05)
    assert page.locator("#level-in").is_hidden()  # nobody here speaks
    eventually(page, lambda: page.evaluate("() => document.getElementById('level-out').value") == 0)


def test_a_persons_sound_reaches_the_simulator_and_becomes_turns(page: Page, house: House) -> None:
    session = record_of(page, call(page, source="microphone"))
    eventually(page, lambda: live_call(house, session)["media"]["heard_peak"] > 0.05)
    eventually(page, lambda: any("seconds of sound" in words for words in words_of(page, "sideband")))
    eventually(page, lambda: loudest(page, "in") > 0.05)
    assert page.locator("#level-in").is_visible()
    page.click("#mute")  # who beeps every second cuts the model short, on a busy machine before it is heard
    assert page.get_attribute("#mute", "aria-pressed") == "true"
    eventually(page, lambda: loudest(page, "out") > 0.05)


def loudest(page: Page, way: str) -> float:
    """The highest that a level has shown, of 1."""
    return float(page.get_attribute(f"#level-{way}", "data-peak") or 0)


def test_a_renewal_carries_the_talk_into_a_new_call(page: Page, house: House) -> None:
    session_id = call(page)
    both_heard(page, SAID)
    first = record_of(page, session_id)["callId"]
    press(page, "renew", "Renewed.")
    second = record_of(page, session_id)
    assert second["callId"] != first
    both_heard(page, SAID * 2)
    eventually(page, lambda: house.browser().look(first)["ended_at"])
    assert live_call(house, second)["media"]["state"] == "connected"
    assert "renewed: the next call knows" in page.inner_text("#timeline")


def test_a_refresh_begins_with_an_empty_transcript(page: Page) -> None:
    old = call(page)
    both_heard(page, SAID)
    page.click("#refresh")
    eventually(page, lambda: current(page) != old)
    said(page, "The call is connected.")
    assert record_of(page, old)["status"] == "ended"
    assert "ended" in page.inner_text(f"[data-session={old}]")
    both_heard(page, SAID)


def test_a_profile_is_extracted_and_the_session_ended(page: Page, house: House) -> None:
    session_id = call(page)
    both_heard(page, SAID)
    press(page, "extract", "Here is the profile.")
    assert page.locator("#profile dd").count() > 0
    call_id = record_of(page, session_id)["callId"]
    press(page, "end", "The session is over.")
    assert record_of(page, session_id)["status"] == "ended"
    eventually(page, lambda: house.browser().look(call_id)["ended_at"])
    assert "session ended" in page.inner_text("#timeline")


def test_a_tab_closed_without_warning_leaves_its_log(page: Page, house: House) -> None:
    call(page)
    both_heard(page, SAID)
    before = logs(house)
    page.close(run_before_unload=False)
    other = open_console(page.context, house)
    eventually(other, lambda: logs(house) > before)


def logs(house: House) -> int:
    """How many logs the API keeps."""
    table = house.stack.boto3_client("dynamodb")
    pages = table.get_paginator("scan").paginate(TableName=house.stack.table_name)
    return sum(item["pk"]["S"].startswith("LOG#") for found in pages for item in found["Items"])


def test_words_said_while_the_network_was_cut_are_there_when_it_is_back(
    page: Page, person: BrowserContext
) -> None:
    call(page)
    person.set_offline(True)
    eventually(page, lambda: words_of(page, "browser") == SAID)
    assert words_of(page, "sideband") != SAID
    person.set_offline(False)
    both_heard(page, SAID)


def test_a_call_that_is_lost_is_told_of_and_replaced(page: Page, house: House) -> None:
    session_id = call(page)
    both_heard(page, SAID)
    first = record_of(page, session_id)["callId"]
    with house.simulator() as control:
        control.post(f"/calls/{first}/cut", json={}).raise_for_status()
    eventually(page, lambda: page.inner_text("#pill") == "Reconnecting")
    said(page, "The call was lost; another is being placed.")
    eventually(page, lambda: page.inner_text("#pill") == "On the line")
    said(page, "The call is connected again.")
    assert record_of(page, session_id)["callId"] != first
    assert "the call was lost; placing another" in page.inner_text("#timeline")
    both_heard(page, SAID * 2)


def test_a_call_that_cannot_be_replaced_is_told_with_the_reason(page: Page, house: House) -> None:
    session_id = call(page, source="microphone")
    first = record_of(page, session_id)
    eventually(page, lambda: live_call(house, first)["media"]["heard_peak"] > 0.05)
    refusal = {"error": {"code": "forbidden", "message": "Not for this caller.", "request_id": "r1"}}
    page.route("**/session/renew", lambda route: route.fulfill(status=403, json=refusal))
    with house.simulator() as control:
        control.post(f"/calls/{first['callId']}/cut", json={}).raise_for_status()
    eventually(page, lambda: page.inner_text("#pill") == "Lost")
    assert page.inner_text("#status") == "The call was lost."
    assert page.inner_text("#problem-words").startswith("Not for this caller.")
    page.unroute("**/session/renew")
    press(page, "connect", "The call is connected.")
    second = record_of(page, session_id)
    eventually(page, lambda: live_call(house, second)["media"]["heard_peak"] > 0.05)


def test_another_session_can_be_read_while_a_call_goes_on(page: Page) -> None:
    first = call(page)
    both_heard(page, SAID)
    press(page, "end", "The session is over.")
    page.click("#start")
    said(page, "The call is connected.")
    page.click(f"[data-session={first}]")
    said(page, "Here is the session.")
    assert page.inner_text("#pill") == "Ended"
    assert page.is_disabled("#start")
    assert page.locator("#end").is_hidden()
    page.get_by_role("link", name="The one that is live").click()
    eventually(page, lambda: page.inner_text("#pill") == "On the line")
    both_heard(page, SAID)


def test_a_session_looked_at_again_has_the_lags_it_had(page: Page) -> None:
    first = call(page)
    both_heard(page, SAID)
    press(page, "end", "The session is over.")
    before = page.locator("#transcripts tbody td.figure").all_inner_texts()
    page.evaluate("() => { location.hash = 'voice' }")
    page.wait_for_selector("#session", state="hidden")
    page.click(f"[data-session={first}]")
    both_heard(page, SAID)
    assert page.locator("#transcripts tbody td.figure").all_inner_texts() == before


def test_two_tabs_hold_two_sessions(page: Page, person: BrowserContext, house: House) -> None:
    first = call(page)
    second_page = open_console(person, house)
    second = call(second_page)
    assert first != second
    both_heard(page, SAID)
    both_heard(second_page, SAID)
    assert second_page.locator("#sessions li").count() == 2


def test_a_call_of_another_tab_is_read_while_it_goes_on(
    page: Page, person: BrowserContext, house: House
) -> None:
    session_id = call(page)
    reader = person.new_page()
    reader.goto(f"{page.url.split('#')[0]}#voice/{session_id}")
    eventually(reader, lambda: words_of(reader, "sideband") == SAID)
    assert reader.inner_text("#pill") == "On a call elsewhere"
    assert reader.inner_text("#session-heading") == SAID[0]
    assert reader.locator('td[data-side="browser"]').first.is_hidden()
    press(page, "end", "The session is over.")
    eventually(reader, lambda: reader.inner_text("#pill") == "Ended")


def test_on_a_phone_a_session_takes_the_page_and_gives_it_back(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    call(page)
    both_heard(page, SAID)
    assert page.locator("#call-form").is_hidden()
    page.get_by_role("link", name="New call and sessions").click()
    assert page.locator("#session").is_hidden()
    assert "on the line" in page.inner_text("#sessions")
    page.go_back()
    eventually(page, lambda: page.inner_text("#pill") == "On the line")
    press(page, "extract", "Here is the profile.")
    press(page, "end", "The session is over.")
    page.wait_for_selector("#logs li")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 320


def test_a_button_pressed_twice_opens_one_session(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#start").dblclick()
    said(page, "The call is connected.")
    assert len([url for url in asked if url.endswith("/session")]) == 1


def test_sessions_are_found_again_by_their_words(page: Page) -> None:
    call(page)
    both_heard(page, SAID)
    page.reload()
    page.fill("#search", "nobody said this")
    assert page.locator("#sessions li").count() == 0
    page.fill("#search", "lovely ADA")  # one is said last, the other first
    page.click("#sessions button")
    eventually(page, lambda: words_of(page, "sideband") == SAID)


def test_a_refusal_is_told_in_the_apis_own_words(page: Page) -> None:
    refusal = {"error": {"code": "quota_exceeded", "message": "Enough for today.", "request_id": "r1"}}
    page.route("**/session", lambda route: route.fulfill(status=429, json=refusal))
    page.click("#start")
    page.wait_for_selector("#problem:not([hidden])")
    assert page.inner_text("#problem-words").startswith("Enough for today.")
    assert page.inner_text("#problem-facts") == "code quota_exceeded · status 429 · request r1"
    page.click("#problem-close")
    page.wait_for_selector("#problem", state="hidden")


def test_nothing_is_fetched_from_elsewhere(page: Page, house: House) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    call(page)
    both_heard(page, SAID)
    allowed = (house.stack.api_url, house.stack.simulator_url)
    assert asked
    assert [url for url in asked if not url.startswith(allowed)] == []
