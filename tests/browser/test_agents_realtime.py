"""OpenAI's own client, as npm brings it, holds a conversation through the relay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.conftest import eventually
from tests.e2e.conftest import House

PACKAGE = Path(__file__).parent / "node_modules/@openai/agents-realtime"
BUNDLE = PACKAGE / "dist/bundle"
VERSION = "0.20.0"
SHA256 = "5a5cf97a4cc0aaec0c1b4c2262e9b4a02d9dc1d58efd10509100af700b901712"
"""Of the bundle's entry, which names the other files by their hashes."""
PINNED = "Speak of boats only."
TALK = {
    "name": "boats",
    "start_after": 2,  # the client's channel is open by then
    "steps": [{"user": "Do you like boats?"}, {"assistant": "Very much."}],
}
CONNECT = """async ([ticket, baseUrl]) => {
  const { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebRTC } =
    await import('./openai-realtime-agents.mjs');
  const agent = new RealtimeAgent({ name: 'Helper', instructions: 'Speak of anything.' });
  const transport = new OpenAIRealtimeWebRTC({ baseUrl });
  const session = window.session = new RealtimeSession(agent, { transport });
  window.events = [];
  session.on('transport_event', event => window.events.push(event.type));
  session.on('error', ({ error }) => window.events.push('problem: ' + JSON.stringify(error)));
  await session.connect({ apiKey: ticket });
  return transport.callId;
}"""
HISTORY = """() => session.history.filter(item => item.type === 'message').map(
  ({ role, content: [part] }) => [role, part?.transcript ?? part?.text ?? null])"""


@pytest.fixture
def page(person: BrowserContext, house: House) -> Iterator[Page]:
    """A page of somebody's, served beside the API, that can import the client."""
    if not BUNDLE.is_dir():
        pytest.skip("@openai/agents-realtime is not installed: `make browser` brings it, where there is npm")

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name:
            route.fulfill(path=BUNDLE / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>a page</title>", content_type="text/html")

    opened = person.new_page()
    opened.route("**/somebodys/*", serve)
    opened.goto(house.stack.api_url + "/somebodys/")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def talk(house: House) -> Iterator[None]:
    """Every call of this test has somebody who speaks; the microphone's beeps are no turns then."""
    with house.simulator() as control:
        control.put("/scripts/default", json=TALK).raise_for_status()
        yield
        control.put("/scripts/default", json={"name": None}).raise_for_status()


def test_the_client_is_the_one_that_openai_has_published(page: Page) -> None:
    assert json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"] == VERSION
    entry = (BUNDLE / "openai-realtime-agents.mjs").read_bytes()
    assert hashlib.sha256(entry).hexdigest() == SHA256


def test_an_unmodified_client_holds_a_conversation_and_stays_pinned(page: Page, house: House) -> None:
    made = ask(page, "POST", "/session", {"mode": "relay", "instructions": PINNED})
    call_id = page.evaluate(CONNECT, [made["clientSecret"], house.stack.api_url + "/realtime/calls"])
    assert ask(page, "GET", f"/session/{made['sessionId']}")["callId"] == call_id
    eventually(
        page, lambda: page.evaluate(HISTORY) == [["user", "Do you like boats?"], ["assistant", "Very much."]]
    )
    reasserted = eventually(page, lambda: audited(page, made["sessionId"], "config.reasserted"))
    # The client had said "Speak of anything."
    assert any("instructions" in entry["facts"]["fields"] for entry in reasserted)
    assert audited(page, made["sessionId"], "call.relayed")[0]["facts"]["callId"] == call_id
    eventually(page, lambda: house.browser().look(call_id)["session"]["instructions"] == PINNED)
    assert house.browser().look(call_id)["media"]["heard_seconds"] > 0
    page.evaluate("session.sendMessage('And trains?')")
    eventually(page, lambda: len(page.evaluate(HISTORY)) == 4)
    eventually(page, lambda: len(ask(page, "GET", f"/session/{made['sessionId']}/transcript")["items"]) == 4)
    assert not [event for event in page.evaluate("events") if event.startswith("problem")]


def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the API as the page's own guest."""
    code = """([method, path, body]) =>
        fetch(path, { method, body: body && JSON.stringify(body) }).then(answer => answer.json())"""
    return dict(page.evaluate(code, [method, path, body]))


def audited(page: Page, session_id: str, event: str) -> list[dict[str, Any]]:
    """The entries of such an event in the session's audit."""
    audit = ask(page, "GET", f"/session/{session_id}")["audit"]
    return [entry for entry in audit if entry["event"] == event]
