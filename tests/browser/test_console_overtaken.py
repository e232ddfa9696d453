"""The console when answers come late or not at all: what was left stays left, what was begun is shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser import steps
from tests.browser.conftest import eventually
from tests.e2e.conftest import House

PLACES = ["hall", "garden"]


class Slow:
    """Holds the page's requests back until they are let go, as a slow network would."""

    def __init__(self, page: Page, address: str | re.Pattern[str], method: str = "GET") -> None:
        self.held: list[Route] = []
        self.method = method
        page.route(address, self._take)

    def _take(self, route: Route) -> None:
        if route.request.method == self.method:
            self.held.append(route)
        else:
            route.fallback()

    def let_go(self, page: Page) -> None:
        """Let the first that was held go on, and wait for its answer and what the page makes of it."""
        route = self.held.pop(0)
        with page.expect_response(lambda answer: answer.request == route.request) as coming:
            route.fallback()
        coming.value.finished()
        page.evaluate("() => new Promise(done => setTimeout(done))")  # the page has had its turn


def open_guests_chat(page: Page) -> str:
    """Open a hosted chat; return its id."""
    steps.go_to(page, "ChatKit")
    page.get_by_role("button", name="Open the chat").click()
    steps.said(page, "The chat is open.")
    return page.inner_text("#chat-id")


def leave_chat(page: Page) -> None:
    """Go back to the list."""
    page.evaluate("() => { location.hash = 'chat' }")
    steps.said(page, "Here are the chats.")


def is_left(page: Page) -> bool:
    """No chat is shown, and the address names none."""
    shown = page.locator("#chat-one").is_visible()
    return not shown and bool(page.evaluate("() => location.hash === '#chat'"))


@pytest.mark.parametrize("button", ["Ask for a person", "End the chat"])
def test_a_chat_that_is_left_while_it_is_told_something_stays_left(page: Page, button: str) -> None:
    open_guests_chat(page)
    slow = Slow(page, re.compile(r"/chatkit/sessions/[^/]+/(events|cancel)$"), "POST")
    page.get_by_role("button", name=button).click()
    eventually(page, lambda: slow.held)
    leave_chat(page)
    slow.let_go(page)
    assert is_left(page)
    assert page.locator("#problem").is_hidden()


def test_a_chat_that_is_left_while_it_is_read_stays_left(page: Page) -> None:
    chat_id = open_guests_chat(page)
    leave_chat(page)
    slow = Slow(page, f"**/chatkit/sessions/{chat_id}")
    page.click("#chats button")
    eventually(page, lambda: slow.held)
    page.evaluate("() => dispatchEvent(new HashChangeEvent('hashchange'))")  # the address is the list's still
    steps.said(page, "Here are the chats.")
    before = page.evaluate("() => history.length")
    slow.let_go(page)
    assert is_left(page)
    assert page.evaluate("() => history.length") == before
    assert page.inner_text("#status") == "Here are the chats."


def two_chats(page: Page) -> None:
    """Open two self-hosted chats, say in each where it is, and go back to the list with no thread read."""
    steps.become_a_user(page)
    steps.go_to(page, "ChatKit")
    for place in PLACES:
        page.get_by_label("Placement").fill(place)
        steps.open_a_chat(page)
        steps.say_in_chat(page, f"I am in the {place}.")
        leave_chat(page)
    page.reload()
    steps.ready(page)
    steps.said(page, "Here are the chats.")


def choose_chat(page: Page, place: str) -> None:
    """Choose one of the two; the newest comes first in the list."""
    page.locator("#chats button").nth(PLACES[::-1].index(place)).click()


def is_told(page: Page, place: str) -> bool:
    """The conversation that is shown is that of this place, and so are its threads."""
    said = steps.bubbles(page, "chat-words")[:1] == [f"I am in the {place}."]
    return said and page.is_visible("#chat-talk") and page.locator("#chat-thread option").count() == 2


def test_of_two_chats_the_one_chosen_last_is_shown_whichever_is_read_first(page: Page) -> None:
    two_chats(page)
    slow = Slow(page, "**/chatkit", "POST")
    choose_chat(page, "hall")
    eventually(page, lambda: len(slow.held) == 1)
    choose_chat(page, "garden")
    eventually(page, lambda: len(slow.held) == 2)
    slow.held.reverse()
    slow.let_go(page)
    eventually(page, lambda: len(slow.held) == 2)
    slow.held.reverse()
    slow.let_go(page)
    eventually(page, lambda: is_told(page, "garden"))
    threads = page.inner_text("#chat-thread")
    slow.let_go(page)
    assert is_told(page, "garden")
    assert page.inner_text("#chat-thread") == threads
    assert slow.held == []
    assert page.locator("#problem").is_hidden()


def test_a_chat_that_has_no_conversation_shows_none_that_was_chosen_before_it(page: Page) -> None:
    two_chats(page)
    slow = Slow(page, "**/chatkit", "POST")
    choose_chat(page, "hall")
    eventually(page, lambda: slow.held)
    page.select_option("#chat-form select[name=mode]", "hosted")
    page.get_by_role("button", name="Open the chat").click()
    steps.said(page, "The chat is open.")
    slow.let_go(page)
    assert slow.held == []
    assert page.locator("#chat-talk").is_hidden()


def test_of_two_threads_the_one_chosen_last_is_shown_whichever_is_read_first(page: Page) -> None:
    steps.become_a_user(page)
    steps.go_to(page, "ChatKit")
    steps.open_a_chat(page)
    for number in ("one", "two"):
        page.select_option("#chat-thread", "")
        steps.said(page, "Here is the thread.")
        steps.say_in_chat(page, f"This is thread {number}.")
    slow = Slow(page, "**/chatkit", "POST")
    page.select_option("#chat-thread", index=1)
    page.select_option("#chat-thread", index=2)
    eventually(page, lambda: len(slow.held) == 2)
    slow.held.reverse()
    slow.let_go(page)
    shown = steps.bubbles(page, "chat-words")
    slow.let_go(page)
    assert steps.bubbles(page, "chat-words") == shown
    assert shown[0] == "This is thread two."
    assert page.inner_text("#status") == "Here is the thread."


def test_two_quick_steps_back_add_nothing_to_the_history(page: Page) -> None:
    for session_id in ("sess_a", "sess_b", "sess_c"):
        look_at(page, session_id)
    before = page.evaluate("() => history.length")
    slow = Slow(page, re.compile(r"/session/sess_[ab]$"))
    page.go_back()
    eventually(page, lambda: len(slow.held) == 1)
    page.go_back()
    eventually(page, lambda: len(slow.held) == 2)
    slow.let_go(page)
    assert page.inner_text("#status") == "Reading the session…"
    slow.let_go(page)
    eventually(page, lambda: looked_at(page) == "sess_a")
    assert page.evaluate("() => [location.hash, history.length]") == ["#voice/sess_a", before]


def test_a_step_back_that_is_taken_back_leaves_the_session_that_was_shown(page: Page) -> None:
    for session_id in ("sess_a", "sess_b"):
        look_at(page, session_id)
    slow = Slow(page, "**/session/sess_a")
    page.go_back()
    eventually(page, lambda: slow.held)
    page.go_forward()
    slow.let_go(page)
    assert looked_at(page) == "sess_b"
    assert page.evaluate("() => location.hash") == "#voice/sess_b"


def look_at(page: Page, session_id: str) -> None:
    """Look at a session that is over, as the API tells."""
    record: dict[str, Any] = {
        "sessionId": session_id,
        "status": "ended",
        "mode": "relay",
        "model": "gpt-realtime",
        "voice": "marin",
        "instructions": "",
        "callId": None,
        "calls": [],
        "audit": [],
        "profile": None,
        "replacedBy": None,
        "createdAt": "2026-01-01T09:59:59Z",
        "endedAt": "2026-01-01T10:02:00Z",
        "costUsd": 0,
    }
    transcript: dict[str, Any] = {"sessionId": session_id, "items": [], "cursor": None, "status": "ended"}
    page.route(f"**/session/{session_id}", lambda route: route.fulfill(json=record))
    page.route(f"**/session/{session_id}/transcript?*", lambda route: route.fulfill(json=transcript))
    page.evaluate("id => { location.hash = `voice/${id}` }", session_id)
    eventually(page, lambda: looked_at(page) == session_id)


def looked_at(page: Page) -> str | None:
    """The session that is marked as chosen in the list."""
    chosen = page.locator("#sessions [aria-current=true]")
    return chosen.get_attribute("data-session") if chosen.count() else None


def test_a_reload_after_the_skip_link_shows_the_first_part(page: Page) -> None:
    page.evaluate("() => { location.hash = 'main' }")
    page.reload()
    steps.ready(page)
    assert page.locator("#call-form").is_visible()


def test_the_skip_link_stays_within_the_part(page: Page) -> None:
    steps.go_to(page, "Text agent")
    page.evaluate("() => { location.hash = 'main' }")
    assert page.locator("#agent").is_visible()


def test_a_refresh_whose_old_session_cannot_be_ended_goes_on_in_the_new_one(page: Page, house: House) -> None:
    with house.simulator() as control:
        control.put(f"/scripts/{steps.TALK['name']}", json=steps.TALK).raise_for_status()
    old = steps.call(page)
    refusal = {"error": {"code": "forbidden", "message": "Not for this caller.", "request_id": "r1"}}
    page.route(f"**/session/{old}/end", lambda route: route.fulfill(status=403, json=refusal))
    page.click("#refresh")
    eventually(page, lambda: steps.current(page) != old)
    steps.said(page, "The call is connected.")
    assert looked_at(page) == steps.current(page)
    assert page.inner_text("#pill") == "On the line"


def test_a_new_session_that_cannot_be_shown_is_ended(page: Page) -> None:
    ended: list[str] = []
    page.on("request", lambda request: ended.append(request.url) if request.url.endswith("/end") else None)
    refusal = {"error": {"code": "forbidden", "message": "Not for this caller.", "request_id": "r1"}}
    reading = re.compile(r"/session/sess_[^/]+$")
    page.route(reading, lambda route: route.fulfill(status=403, json=refusal))
    page.click("#start")
    page.wait_for_selector("#problem", state="visible")
    eventually(page, lambda: ended)
    assert page.inner_text("#problem-words").startswith("Not for this caller.")
