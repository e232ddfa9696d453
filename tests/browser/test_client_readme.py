"""The client's example, run in a browser as it is written in its README, with sound both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.conftest import eventually
from tests.browser.site import CLIENT, PAGE
from tests.e2e.conftest import House

TALK = {
    "name": "farewell",
    "start_after": 2,  # the page's channel is open by then
    "steps": [
        {"user": "Hello, I am Ada."},
        {"assistant": "Hello Ada, and welcome."},
        {"user": "Goodbye."},
        {"pause": 60},
    ],
}
PRINTED = [
    "state: connecting",
    "state: connected",
    "user: Hello, I am Ada.",
    "assistant: Hello Ada, and welcome.",
    "user: Goodbye.",
    "state: ended",
]


@pytest.fixture
def page(person: BrowserContext, house: House) -> Iterator[Page]:
    """A page beside the API, which is where the example expects it."""

    def serve(route: Route) -> None:
        name = route.request.url.partition("/somebodys/")[2]
        if name.startswith("client/"):
            route.fulfill(path=CLIENT / name.removeprefix("client/"), content_type="text/javascript")
        else:
            body = PAGE.decode().replace('"/client/', '"/somebodys/client/')
            route.fulfill(body=body, content_type="text/html")

    with house.simulator() as control:
        control.put("/scripts/default", json=TALK).raise_for_status()
        opened = person.new_page()
        opened.route("**/somebodys/**", serve)
        opened.goto(house.stack.api_url + "/somebodys/")
        yield opened
        control.put("/scripts/default", json={"name": None}).raise_for_status()


def test_the_readmes_example_does_in_a_browser_what_it_shows(page: Page, house: House) -> None:
    [code] = re.findall(r"```js\n(.*?)```", (CLIENT / "README.md").read_text("utf-8"), re.S)
    printed: list[str] = []
    page.on("console", lambda message: printed.append(message.text))
    page.add_script_tag(content=code, type="module")
    eventually(page, lambda: printed[-1:] == PRINTED[-1:])
    assert printed == PRINTED
    with house.simulator() as control:
        call = control.get("/calls").json()["calls"][-1]
    assert call["media"]["spoken_seconds"] > 0
    assert call["media"]["heard_seconds"] > 0
