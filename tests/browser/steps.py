"""What a person does on the console, and what they then see: steps that several tests take."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import eventually, words_of

SAID = ["I am Ada.", "Hello Ada.", "From Lisbon.", "How lovely."]
TALK: dict[str, Any] = {
    "name": "short-talk",
    "start": "live",
    "steps": [{who: words} for who, words in zip(("user", "assistant") * 2, SAID, strict=True)],
}


def ready(page: Page) -> None:
    """Wait until the page can be used."""
    page.wait_for_selector("html[data-ready]", state="attached")


def call(page: Page, *, mode: str = "relay", source: str = "script") -> str:
    """Start a call from the page; return the session's id."""
    page.reload()  # the list of scripts is read once
    ready(page)
    page.select_option("select[name=source]", source)
    if source == "script":
        page.select_option("select[name=script]", TALK["name"])
    page.select_option("select[name=mode]", mode)
    page.click("#start")
    said(page, "The call is connected.")
    return current(page)


def current(page: Page) -> str:
    """The session that this browser opened last."""
    return str(page.evaluate("() => JSON.parse(localStorage['switchboard.sessions'])[0].sessionId"))


def said(page: Page, sentence: str) -> None:
    """Wait for the page's own word."""
    eventually(page, lambda: page.inner_text("#status") == sentence)


def press(page: Page, button: str, sentence: str) -> None:
    """Press a button, and wait for the page's word on it."""
    page.click(f"#{button}")
    said(page, sentence)


def both_heard(page: Page, words: list[str]) -> None:
    """Wait until both columns of the transcripts say the same words."""
    eventually(page, lambda: words_of(page, "browser") == words_of(page, "sideband") == words)


def go_to(page: Page, part: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_role("navigation").get_by_role("link", name=part).click()


def become_a_user(page: Page) -> None:
    """Take the simulator's made-up user."""
    go_to(page, "Settings")
    with page.expect_navigation():
        page.get_by_role("button", name="Be a made-up user").click()
    ready(page)
    assert page.inner_text("#who") == "ada@example.com"


def ask_the_agent(page: Page, question: str) -> None:
    """Ask the text agent, and wait for the whole answer."""
    page.get_by_role("textbox", name="Ask the agent").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    said(page, "Here is the answer.")


def open_a_chat(page: Page) -> None:
    """Open a self-hosted chat."""
    page.get_by_role("button", name="Open the chat").click()
    said(page, "The chat is open.")
    page.wait_for_selector("#chat-talk", state="visible")


def say_in_chat(page: Page, words: str) -> None:
    """Say something in the chat, and wait for the whole answer."""
    page.get_by_role("textbox", name="Say something").fill(words)
    page.get_by_role("button", name="Send").click()
    said(page, "Here is the answer.")


def record_an_event(page: Page, payload: str) -> None:
    """Tell the chat that is looked at what happened in it."""
    page.get_by_text("Tell the chat what happened").click()
    page.get_by_role("textbox", name="Payload").fill(payload)
    page.get_by_role("button", name="Record the event").click()


def bubbles(page: Page, words: str) -> list[str]:
    """What was said in a written conversation, in order."""
    return [text.strip() for text in page.locator(f"#{words} li > p:first-of-type").all_inner_texts()]
