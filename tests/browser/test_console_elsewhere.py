"""The console as it is deployed: static files on another site than the API, which welcomes that origin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from dev import console
from dev.engine.stack import LocalStack
from tests.browser import steps
from tests.browser.conftest import eventually, words_of
from tests.e2e.conftest import House

WORDS = ["Who is there?", "A page of another site."]
TALK: dict[str, Any] = {
    "name": "elsewhere",
    "start_after": 2,
    "steps": [{"user": WORDS[0]}, {"assistant": WORDS[1]}],
}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and prints nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A directory that is served at another site than the API: `localhost` and 127.0.0.1 are two."""
    directory = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield directory, f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def house(chromium: str, tmp_path_factory: pytest.TempPathFactory, site: tuple[Path, str]) -> Iterator[House]:
    """Run a system that welcomes that site's pages, and lay the console out there."""
    directory, origin = site
    lines: list[str] = []
    stack = LocalStack(
        state_dir=tmp_path_factory.mktemp("house"),
        sideband_hosts=1,
        parameter_values={"AllowedOrigin": origin},
        sink=lambda name, line: lines.append(f"{name}: {line}"),
    )
    with stack:
        console.lay_out(directory, {"api": stack.api_url})
        yield House(stack, lines)


@pytest.fixture
def page(person: BrowserContext, house: House, site: tuple[Path, str]) -> Iterator[Page]:
    """The deployed console; every call has somebody who speaks."""
    complaints: list[str] = []
    with house.simulator() as control:
        control.put("/scripts/default", json=TALK).raise_for_status()
    opened = person.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(site[1])
    steps.ready(opened)
    yield opened
    assert complaints == []


def test_a_guest_of_another_site_calls_and_comes_back_without_a_cookie(
    page: Page, person: BrowserContext, house: House
) -> None:
    page.click("#start")
    steps.said(page, "The call is connected.")
    eventually(page, lambda: words_of(page, "browser") == words_of(page, "sideband") == WORDS)
    session_id = steps.current(page)
    steps.press(page, "renew", "Renewed.")
    page.reload()
    eventually(page, lambda: words_of(page, "sideband")[:2] == WORDS)
    steps.press(page, "end", "The session is over.")
    assert person.cookies(house.stack.api_url) == []
    guest = page.evaluate("() => localStorage['switchboard.guest']")
    with house.http() as api:
        assert api.get(f"/session/{session_id}").status_code == 404
        record = api.get(f"/session/{session_id}", headers={"x-guest-token": guest}).json()
    assert record["status"] == "ended"


def test_the_same_guest_asks_the_agent_and_holds_a_chat(page: Page) -> None:
    steps.go_to(page, "Text agent")
    steps.ask_the_agent(page, "Where is Lisbon?")
    told = steps.bubbles(page, "agent-words")
    assert "Lisbon" in told[1]
    page.reload()
    eventually(page, lambda: steps.bubbles(page, "agent-words") == told)
    steps.go_to(page, "ChatKit")
    page.get_by_role("button", name="Open the chat").click()
    steps.said(page, "The chat is open.")


def test_an_api_that_cannot_be_reached_is_told_in_words(page: Page) -> None:
    page.route("**/session", lambda route: route.abort())
    page.click("#start")
    page.wait_for_selector("#problem", state="visible")
    assert "could not be reached" in page.inner_text("#problem-words")
    assert page.inner_text("#problem-facts") == "code network_error"


def test_settings_that_are_kept_from_an_earlier_time_are_told_of(tmp_path: Path) -> None:
    def lay_out(*options: str) -> str:
        command = [sys.executable, "-m", "dev.console", str(tmp_path), *options]
        return subprocess.run(command, cwd=console.ROOT, check=True, capture_output=True, text=True).stdout

    assert "is left as it was" not in lay_out()
    assert "is left as it was" not in lay_out("--api", "https://api.example")
    assert f"{tmp_path}/settings.json is left as it was" in lay_out()
    assert "https://api.example" in (tmp_path / "settings.json").read_text()


def test_the_deployed_page_loads_all_from_its_own_site(
    page: Page, house: House, site: tuple[Path, str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    steps.ready(page)
    assert asked
    assert [url for url in asked if not url.startswith((site[1], house.stack.api_url))] == []
