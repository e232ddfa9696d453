"""The whole page of docs/clients.md, run in a browser as it is written: talk, load anew, go on, end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.client_page import SILENCE
from tests.browser.conftest import eventually
from tests.browser.site import Site
from tests.e2e.conftest import House

DOCS = Path(__file__).parents[2] / "docs" / "clients.md"
LOCAL = "http://127.0.0.1:8787"
LAST = {"name": "last", "start": "live"}
BEFORE = [{"user": "I am Ada."}, {"assistant": "Hello Ada."}]
STREAM = "/transcript/stream"
CALLS = "**/realtime/calls"
ENDS = "**/end"
AFTER = [{"user": "Me again."}, {"assistant": "Welcome back."}]


@pytest.fixture
def page(person: BrowserContext, house: House, somewhere: Site) -> Iterator[Page]:
    """The documented page on somebody's site; whatever it complains of fails the test."""
    [written] = re.findall(r"```html\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    assert LOCAL in written
    complaints: list[str] = []
    opened = person.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    html = written.replace(LOCAL, house.stack.api_url)
    somewhere.pages["/talk.html"] = html.encode()
    opened.goto(f"{somewhere.address}/talk.html")
    yield opened
    assert complaints == []


def test_the_documented_page_does_what_it_says(page: Page, house: House) -> None:
    with house.simulator() as control:
        control.put("/scripts/default", json=SILENCE).raise_for_status()

        def said(steps: list[dict[str, str]]) -> None:
            eventually(page, lambda: page.inner_text("#state") == "connected")
            call = eventually(page, lambda: control.get("/calls").json()["calls"][-1])
            eventually(page, lambda: house.browser().look(call["id"])["script"]["state"] == "finished")
            control.post(f"/calls/{call['id']}/script", json={**LAST, "steps": steps}).raise_for_status()

        page.click("#talk")
        said(BEFORE)
        eventually(page, lambda: words(page) == ["assistant: Hello Ada.", "user: I am Ada."])
        session = page.evaluate("sessionStorage.session")
        page.reload()
        page.click("#talk")
        said(AFTER)
        eventually(page, lambda: len(words(page)) == 4)
        assert {"user: I am Ada.", "user: Me again.", "assistant: Welcome back."} < set(words(page))
        assert page.evaluate("sessionStorage.session") == session
        page.click("#end")
        eventually(page, lambda: page.inner_text("#state") == "ended")
        eventually(page, lambda: page.is_enabled("#talk"))
        assert page.evaluate("sessionStorage.session ?? null") is None


def test_a_session_that_is_no_more_keeps_the_documented_page_from_nothing(page: Page) -> None:
    page.click("#talk")
    eventually(page, lambda: page.inner_text("#state") == "connected")
    ended = page.evaluate("sessionStorage.session")
    with page.expect_response(lambda answer: answer.url.endswith("/end")):  # a reload would cut it off
        page.click("#end")
    eventually(page, lambda: page.is_enabled("#talk"))
    assert page.evaluate("sessionStorage.session ?? null") is None
    page.evaluate("(id) => (sessionStorage.session = id)", ended)
    page.reload()
    page.click("#talk")
    eventually(page, lambda: page.is_enabled("#talk"))
    assert page.evaluate("sessionStorage.session ?? null") is None
    page.click("#talk")
    eventually(page, lambda: page.inner_text("#state") == "connected")


def test_the_documented_page_lets_go_of_what_failed_before_it_tries_again(page: Page) -> None:
    opened: list[str] = []
    given_up: list[str] = []
    page.on("request", lambda asked: opened.append(asked.url) if STREAM in asked.url else None)
    page.on("requestfailed", lambda asked: given_up.append(asked.url) if STREAM in asked.url else None)
    page.route(CALLS, lambda route: route.abort())
    page.click("#talk")
    eventually(page, lambda: page.is_enabled("#talk") and opened)
    page.unroute(CALLS)
    page.click("#talk")
    eventually(page, lambda: page.inner_text("#state") == "connected")
    eventually(page, lambda: len(opened) == 1 + len(given_up) == 2)


def test_the_documented_page_says_that_the_server_could_not_be_told_of_the_end(page: Page) -> None:
    page.click("#talk")
    eventually(page, lambda: page.inner_text("#state") == "connected")
    page.route(ENDS, lambda route: route.abort())
    page.click("#end")
    eventually(page, lambda: page.inner_text("#state") == "The server could not be reached.")
    page.unroute(ENDS)
    with page.expect_response(ENDS) as told:
        page.click("#end")
    assert told.value.ok


def words(page: Page) -> list[str]:
    """What the page shows was said."""
    return sorted(page.locator("#words li").all_inner_texts())
