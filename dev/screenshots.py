"""`make screenshots`: pictures of the console for README and guide, taken on the running `make dev`."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from dev.engine import running

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = ViewportSize(width=1240, height=920)
PHONE = ViewportSize(width=390, height=780)
DENSITY = 1.5
"""Pixels for each point: sharp on the displays of most readers, and half the bytes of two."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--autoplay-policy=no-user-gesture-required",
)
PATIENCE_MS = 60_000
"""Longer than the demo's talk."""
ROWS = 10
"""So many items make a picture worth looking at: an interruption and a tool call are among them."""
QUESTIONS = {
    "Where is Lisbon?": "On the west coast of Portugal, where the Tagus meets the Atlantic.",
    "And what is it known for?": "For its light and its hills, trams, tiled houses, and custard tarts.",
}


def main() -> int:
    """Hold a call and two conversations, and write pictures in light and in dark."""
    parser = argparse.ArgumentParser(prog="python -m dev.screenshots", description=__doc__)
    parser.add_argument("--url", help="the console's address (default: that of the running `make dev`)")
    url = parser.parse_args().url or (running.find(running.STATE) or {}).get("api_url")
    chromium = shutil.which("chromium")
    if not url or not chromium:
        print("start `make dev` first" if chromium else "there is no Chromium: try `make browser`")
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = _open(browser, str(url))
        _teach(page)
        _call(page)
        _ended(page)
        _agent(page)
        _chat(page)
        browser.close()
    return 0


def _open(browser: Browser, url: str) -> Page:
    """The console, as a user."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=DENSITY)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    _sign_in(page)
    return page


def _teach(page: Page) -> None:
    """Have the simulator know the answers: by itself it only repeats what it was told. Used up here."""
    rules = [
        {"api": "responses", "input": f"{question[:-1]}[?]$", "say": answer, "times": 2}
        for question, answer in QUESTIONS.items()
    ]
    page.evaluate(
        """async rules => {
          const { simulator } = await (await fetch("settings.json")).json();
          const request = { method: "POST", body: JSON.stringify({ answers: rules }) };
          const answer = await fetch(`${simulator}/_simulator/answers`, request);
          if (!answer.ok) throw new Error(await answer.text());
        }""",
        rules,
    )


def _sign_in(page: Page) -> None:
    """Be the simulator's user: only users have memories and chats of their own."""
    _part(page, "Settings")
    with page.expect_navigation():
        page.click("#sign-in")


def _call(page: Page) -> None:
    """Have the demo's talk played until there is something to see."""
    _part(page, "Voice")
    page.select_option("select[name=script]", "demo")
    page.click("#start")
    page.locator('td[data-side="sideband"][data-status=completed]').nth(ROWS - 1).wait_for()
    _both(page, "console")
    page.set_viewport_size(PHONE)
    page.evaluate("() => document.getElementById('transcripts-heading').scrollIntoView()")
    _both(page, "console-phone")
    page.set_viewport_size(SIZE)


def _ended(page: Page) -> None:
    """What is left of a session: a profile, what it cost, what happened, its log and a memory."""
    page.click("#extract")
    page.wait_for_selector("#profile dd")
    page.click("#end")
    page.locator("#logs li", has_text=re.compile("remembered|known already")).wait_for()
    page.locator("#memories li").first.wait_for()
    page.locator("#tiles", has_text="a minute").wait_for()
    page.locator("#profile-section").evaluate("section => scrollTo(0, section.offsetTop - 16)")
    _both(page, "console-session")


def _agent(page: Page) -> None:
    _part(page, "Text agent")
    for question in QUESTIONS:
        page.fill("#agent-form textarea", question)
        page.click("#agent-form button.primary")
        page.wait_for_selector("#agent-words li:last-child .quiet")
    _both(page, "console-agent")


def _chat(page: Page) -> None:
    _part(page, "ChatKit")
    page.click("#chat-form button.primary")
    page.wait_for_selector("#chat-talk", state="visible")
    page.select_option("#chat-thread", label="a new one")
    page.get_by_text("Nothing was said yet").wait_for()
    for question, answer in QUESTIONS.items():
        page.fill("#chat-composer textarea", question)
        page.click("#chat-composer button.primary")
        page.locator("#chat-words").get_by_text(answer).wait_for()
        page.get_by_text("Here is the answer.").wait_for()
    _both(page, "console-chat")


def _part(page: Page, name: str) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def _both(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    for scheme, ending in (("light", ""), ("dark", "-dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=IMAGES / f"{name}{ending}.png")
        print(f"wrote docs/images/{name}{ending}.png")


if __name__ == "__main__":
    sys.exit(main())
