"""`make screenshots`: pictures of the console for the README, taken of a call on the running `make dev`."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from dev.engine import running

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = ViewportSize(width=1180, height=860)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PATIENCE_MS = 60_000
"""Longer than the demo's talk up to the interruption."""
ROWS = 5
"""So many items of the sideband make a picture worth looking at."""


def main() -> int:
    """Place a call, and write one picture in light and one in dark."""
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
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.set_default_timeout(PATIENCE_MS)
        _call(page, str(url))
        _picture(page, "console.png")
        page.emulate_media(color_scheme="dark")
        _picture(page, "console-dark.png")
        page.click("#end")
        browser.close()
    return 0


def _call(page: Page, url: str) -> None:
    """Have the demo's talk played until there is something to see."""
    page.goto(url)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.select_option("select[name=script]", "demo")
    page.click("text=Start the call")
    page.locator("td[data-status=completed]").nth(ROWS - 1).wait_for()
    page.click("#extract")
    page.wait_for_selector("#profile dd")
    page.evaluate("scrollTo(0, 0)")


def _picture(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / name)
    print(f"wrote docs/images/{name}")


if __name__ == "__main__":
    sys.exit(main())
