"""The console's other parts: the text agent, ChatKit, what is told of gaps, and who is asking."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.conftest import eventually, words_of
from tests.e2e.conftest import House

RECORD: dict[str, Any] = {
    "sessionId": "sess_1",
    "status": "ended",
    "mode": "relay",
    "model": "gpt-realtime",
    "voice": "marin",
    "instructions": "",
    "callId": None,
    "calls": [
        {
            "callId": "rtc_1",
            "generation": 2,
            "status": "closed",
            "createdAt": "2026-01-01T10:00:00Z",
            "attachedAt": "2026-01-01T10:00:01Z",
            "closedAt": "2026-01-01T10:01:31Z",
            "reason": "hung_up",
            "usage": {
                "response": {
                    "input_audio": 1000,
                    "cached_audio": 400,
                    "output_audio": 200,
                    "output_text": 34,
                },
                "transcription": {"seconds": 61},
            },
            "costUsd": 0.0421,
        }
    ],
    "audit": [
        {"at": "2026-01-01T10:00:09Z", "event": "config.reasserted", "facts": {"fields": ["tools", "voice"]}}
    ],
    "profile": None,
    "replacedBy": None,
    "createdAt": "2026-01-01T09:59:59Z",
    "endedAt": "2026-01-01T10:02:00Z",
    "costUsd": 0.0421,
}
SUMMARY = {
    "api": "responses",
    "schema": "log_summary",
    "input": "I am (?P<name>[A-Z][a-z]+)",
    "answer": {"summary": "Her name is {name}.", "tries_to_instruct": False},
}


def item(number: int, **known: Any) -> dict[str, Any]:
    """An item of a transcript."""
    words = {"kind": "message", "role": "user", "text": None, "status": "completed", "source": "sideband"}
    nothing = dict.fromkeys(
        ("name", "arguments", "output", "phase", "heardMs", "audioStartMs", "audioEndMs", "previousItemId")
    )
    return {"itemId": f"item_{number}", "generation": 2, "deleted": False, **nothing, **words, **known}


def test_the_agent_answers_remembers_and_forgets(page: Page) -> None:
    steps.go_to(page, "Text agent")
    steps.ask_the_agent(page, "Where is Lisbon?")
    steps.ask_the_agent(page, "And Porto?")
    told = steps.bubbles(page, "agent-words")
    assert told == ["Where is Lisbon?", told[1], "And Porto?", told[3]]
    assert "Lisbon" in told[1]
    assert "tokens" in page.locator("#agent-words li.assistant").last.inner_text()
    page.reload()
    eventually(page, lambda: steps.bubbles(page, "agent-words") == told)
    page.get_by_role("button", name="Forget what was said").click()
    steps.said(page, "What was said is forgotten.")
    page.reload()
    page.wait_for_selector("#agent-nothing", state="visible")


def test_a_guest_is_told_who_may_chat_and_holds_a_hosted_one(page: Page) -> None:
    steps.go_to(page, "ChatKit")
    assert page.locator("#chat-guest").is_visible()
    page.get_by_role("button", name="Open the chat").click()
    steps.said(page, "The chat is open.")
    assert page.get_by_role("heading", name="Hosted chat with assistant").is_visible()
    page.wait_for_selector("#chat-talk", state="hidden")
    page.get_by_role("button", name="End the chat").click()
    steps.said(page, "The chat is over.")
    assert page.inner_text("#chat-pill") == "Ended"


def test_a_user_talks_in_a_chat_and_hands_it_to_a_person(page: Page) -> None:
    steps.become_a_user(page)
    steps.go_to(page, "ChatKit")
    steps.open_a_chat(page)
    steps.say_in_chat(page, "Where is Lisbon?")
    told = steps.bubbles(page, "chat-words")
    assert told[0] == "Where is Lisbon?"
    assert "Lisbon" in told[1]
    page.reload()
    page.click("#chats button")
    eventually(page, lambda: steps.bubbles(page, "chat-words") == told)
    page.get_by_role("button", name="Ask for a person").click()
    steps.said(page, "A person has it now; the agent keeps silent.")
    assert "person support" in page.inner_text("#chat-facts")
    page.get_by_role("button", name="Give back to the agent").click()
    steps.said(page, "The agent answers again.")
    assert page.locator("#chat-holdings li").count() == 3
    steps.record_an_event(page, "{}")
    steps.said(page, "The event button_click is recorded.")
    page.get_by_role("button", name="End the chat").click()
    steps.said(page, "The chat is over.")
    page.wait_for_selector("#chat-talk", state="hidden")


def test_a_users_log_becomes_a_memory_that_can_be_forgotten(page: Page, house: House) -> None:
    with house.simulator() as control:
        control.put(f"/scripts/{steps.TALK['name']}", json=steps.TALK).raise_for_status()
        control.post("/answers", json={"answers": [SUMMARY]}).raise_for_status()
    steps.become_a_user(page)
    steps.go_to(page, "Voice")
    steps.call(page)
    steps.both_heard(page, steps.SAID)
    assert "No log yet" in page.inner_text("#logs-note")
    steps.press(page, "end", "The session is over.")
    eventually(page, lambda: page.locator("#logs li").count() == 1)
    eventually(page, lambda: "· remembered" in page.inner_text("#logs"))
    eventually(page, lambda: "Her name is Ada." in page.inner_text("#memories"))
    page.get_by_role("button", name="Forget: ").click()
    steps.said(page, "Forgotten.")
    assert "Nothing is remembered" in page.inner_text("#memories-note")
    steps.press(page, "opt-out", "Nothing is remembered any more.")
    assert "wants nothing remembered" in page.inner_text("#memories-note")
    steps.press(page, "opt-out", "Talks are remembered again.")


def test_what_is_not_plainly_heard_is_told_as_what_it_is(page: Page) -> None:
    items = [
        item(1, text="Hello."),
        item(2, kind="gap", role=None, status="lost", audioStartMs=4000, audioEndMs=9500),
        item(3, text="I was there.", source="browser"),
        item(4, status="untranscribed"),
        item(5, role="assistant", text="Let me tell you", status="interrupted", heardMs=1400),
    ]
    show(page, RECORD, items)
    assert page.locator("#transcripts tbody th").all_inner_texts() == [
        "Person",
        "Gap",
        "Person",
        "Person",
        "Model",
    ]
    told = page.locator('td[data-side="sideband"]').all_inner_texts()
    assert "Nobody listened from 4.0 s to 9.5 s" in told[1]
    assert "filled in from the browser's log" in told[2]
    assert "could not be transcribed" in told[3]
    assert "interrupted, heard for 1.4 s" in told[4]
    assert words_of(page, "sideband")[0] == "Hello."


def test_tokens_and_cost_are_told_by_call_and_in_the_timeline(page: Page) -> None:
    show(page, RECORD, [item(1, text="Hello.")])
    tiles = page.inner_text("#tiles")
    assert "1:30" in tiles
    assert "1,234" in tiles
    assert "$0.0421" in tiles
    figures = page.locator("#usage tr").first.locator("td").all_inner_texts()
    assert figures == ["0", "1,000", "400", "34", "200", "1:01", "$0.0421"]
    timeline = page.inner_text("#timeline")
    assert "put right (fields tools, voice)" in timeline
    assert "call over: hung up" in timeline


def test_calls_of_a_session_are_told_apart_and_summed(page: Page) -> None:
    calls = [RECORD["calls"][0], {**RECORD["calls"][0], "callId": "rtc_2", "generation": 4, "costUsd": 0.01}]
    record = {**RECORD, "calls": calls, "costUsd": 0.0521}
    show(page, record, [item(1, text="Hello."), item(2, text="I am back.", generation=4)])
    heads = page.locator("#transcripts .divider").all_inner_texts()
    assert [head.split(",")[0] for head in heads] == ["Call 1", "Call 2"]
    assert page.locator("#usage tr").last.inner_text().split()[0] == "All"
    assert "$0.0521" in page.locator("#usage tr").last.inner_text()
    assert "$0.0174 a minute" in page.inner_text("#tiles")


def show(page: Page, record: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Look at a session that the API tells of so."""
    transcript = {"sessionId": "sess_1", "items": items, "cursor": None, "status": "ended"}
    page.route("**/session/sess_1", lambda route: route.fulfill(json=record))
    page.route("**/session/sess_1/transcript?*", lambda route: route.fulfill(json=transcript))
    page.evaluate("() => { location.hash = 'voice/sess_1' }")
    eventually(page, lambda: len(words_of(page, "sideband")) == len(items))


def test_a_microphone_that_is_refused_is_told_in_words(page: Page) -> None:
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = () =>
             Promise.reject(new DOMException('Permission denied', 'NotAllowedError')) }"""
    )
    page.select_option("select[name=source]", "microphone")
    page.click("#start")
    page.wait_for_selector("#problem", state="visible")
    assert "did not let this page use the microphone" in page.inner_text("#problem-words")


def test_the_appearance_can_be_chosen(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    steps.go_to(page, "Settings")
    page.get_by_label("Appearance").select_option("dark")
    with page.expect_navigation():
        page.get_by_role("button", name="Keep").click()
    steps.ready(page)
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 21)"
