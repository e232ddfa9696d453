"""Chromium on the whole system: its microphone is a device of its own that beeps, its calls carry sound."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev.engine.stack import LocalStack
from tests.browser.flags import FLAGS
from tests.browser.site import Site, site
from tests.e2e.conftest import House

Value = TypeVar("Value")
NAMES = ("chromium", "chromium-browser", "google-chrome")
EVENTUALLY_MS = 40_000
"""Longer than anything here takes, even on a machine that is busy with something else."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; CHROMIUM names another."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: `make browser` installs Debian's, or CHROMIUM names one")
    return found


@pytest.fixture(scope="module")
def house(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run the system once for all tests of a module."""
    lines: list[str] = []
    stack = LocalStack(
        state_dir=tmp_path_factory.mktemp("house"),
        sideband_hosts=1,
        sink=lambda name, line: lines.append(f"{name}: {line}"),
    )
    with stack:
        yield House(stack, lines)


@pytest.fixture(scope="module")
def somewhere() -> Iterator[Site]:
    """Somebody's site, another than the API's."""
    with site() as served:
        yield served


@pytest.fixture
def address(somewhere: Site) -> str:
    """Where somebody's page is."""
    return somewhere.address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser for a module: its driver holds this thread's event loop, and leaves before async tests."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[BrowserContext]:
    """A person with cookies, storage and a microphone of their own."""
    with browser.new_context(permissions=["microphone"]) as context:
        context.set_default_timeout(EVENTUALLY_MS)
        yield context


@pytest.fixture
def page(person: BrowserContext, house: House) -> Iterator[Page]:
    """The console, ready; whatever the page complains of fails the test."""
    complaints: list[str] = []
    opened = open_console(person, house)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []


def open_console(person: BrowserContext, house: House) -> Page:
    """A tab with the console at the system's own address."""
    opened = person.new_page()
    opened.goto(house.stack.api_url + "/")
    opened.wait_for_selector("html[data-ready]", state="attached")
    return opened


def eventually(page: Page, look: Callable[[], Value | None]) -> Value:
    """Return what `look` gives once it gives something true, while the page lives on, or fail."""
    until = monotonic() + EVENTUALLY_MS / 1000
    while not (seen := look()):
        assert monotonic() < until, "it did not happen in time"
        page.wait_for_timeout(
            50
        )  # looking again is what is timed; the browser's events are handled meanwhile
    return seen


def words_of(page: Page, side: str) -> list[str]:
    """What one side's column of the transcripts says, row by row, without its marks."""
    return [
        str(text)
        for text in page.eval_on_selector_all(
            f'#transcripts td[data-side="{side}"]', "cells => cells.map(cell => cell.firstChild?.data ?? '')"
        )
    ]
