"""The console for everybody: no barrier that axe knows of in any part, and all of it with the keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.browser import steps
from tests.browser.conftest import eventually
from tests.e2e.conftest import House

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """tags => axe.run({ runOnly: tags }).then(found =>
  found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(' ')}: ${failureSummary}`)))"""
FAR = 60
"""More stops of the tabulator key than the page has."""


@pytest.fixture(autouse=True)
def talk(house: House) -> None:
    """The simulator knows a short talk."""
    with house.simulator() as control:
        control.put(f"/scripts/{steps.TALK['name']}", json=steps.TALK).raise_for_status()


@pytest.fixture
def barriers(page: Page) -> list[str]:
    """What axe has found, with the view that it was found in."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `make browser` brings it, where there is npm")
    return []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_barrier(page: Page, barriers: list[str], scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)

    def look(view: str) -> None:
        page.evaluate(AXE.read_text())
        barriers.extend(f"{view}: {barrier}" for barrier in page.evaluate(RUN, TAGS))

    look("nothing yet")
    steps.call(page)
    steps.both_heard(page, steps.SAID)
    steps.press(page, "extract", "Here is the profile.")
    look("a call")
    steps.press(page, "end", "The session is over.")
    look("an ended session")
    steps.go_to(page, "Text agent")
    look("no question yet")
    steps.ask_the_agent(page, "Where is Lisbon?")
    look("an answer")
    steps.go_to(page, "Settings")
    look("settings")
    steps.go_to(page, "ChatKit")
    look("chats of a guest")
    steps.become_a_user(page)
    steps.go_to(page, "ChatKit")
    steps.open_a_chat(page)
    steps.say_in_chat(page, "Hello!")
    look("a chat")
    steps.record_an_event(page, "{")
    page.wait_for_selector("#problem", state="visible")
    look("a problem")
    assert barriers == []


def test_a_session_can_be_held_with_the_keyboard_alone(page: Page) -> None:
    page.reload()
    steps.ready(page)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    tab_to(page, page.locator("select[name=script]"))
    page.keyboard.type(steps.TALK["name"][:5])
    tab_to(page, page.get_by_role("button", name="Start the call"))
    page.keyboard.press("Enter")
    steps.said(page, "The call is connected.")
    assert page.evaluate("() => document.activeElement.id") == "session-heading"
    steps.both_heard(page, steps.SAID)
    for button, sentence in (
        ("Renew", "Renewed."),
        ("Extract profile", "Here is the profile."),
        ("End", "The session is over."),
    ):
        tab_to(page, page.get_by_role("button", name=button))
        page.keyboard.press("Enter")
        steps.said(page, sentence)
    tab_to(page, page.get_by_role("region", name="What was said"))
    tab_to(page, page.get_by_role("region", name="What happened"))
    page.keyboard.press("End")
    eventually(page, lambda: page.evaluate("() => document.activeElement.scrollTop") > 0)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press the tabulator key until that is where the focus is."""
    for _ in range(FAR):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} cannot be reached with the keyboard")


def test_a_screen_reader_finds_its_way(page: Page) -> None:
    steps.call(page)
    steps.both_heard(page, steps.SAID)
    heads = page.get_by_role("region", name="What was said").get_by_role("columnheader").all_inner_texts()
    assert heads == ["Who", "This browser heard", "The sideband wrote", "Lag"]
    assert page.get_by_role("heading", level=2, name=steps.SAID[0]).is_visible()
    assert (
        page.get_by_role("navigation").get_by_role("link", name="Voice").get_attribute("aria-current")
        == "page"
    )
    assert page.get_by_role("status").inner_text() == "The call is connected."
    assert page.get_by_role("group", name="What to do with this session").get_by_role("button").count() == 4
