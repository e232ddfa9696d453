"""OpenAI's own client, as npm brings it, holds a conversation through the relay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import eventually
from tests.browser.site import AGENTS, FOLDERS
from tests.e2e.conftest import House

VERSION = "0.20.0"
SHA256 = "5a5cf97a4cc0aaec0c1b4c2262e9b4a02d9dc1d58efd10509100af700b901712"
"""Of the bundle's entry, which names the other files by their hashes."""
PINNED = "Speak of boats only."
TOOL = {"type": "function", "name": "find_boat", "parameters": {"type": "object", "properties": {}}}
TALK = {
    "name": "boats",
    "start_after": 2,  # the client's channel is open by then
    "steps": [{"user": "Do you like boats?"}, {"assistant": "Very much."}],
}
CONNECT = """async ([ticket, baseUrl]) => {
  const { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebRTC, tool } =
    await import('/agents/openai-realtime-agents.mjs');
  const parameters = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const own = tool({ name: 'its_own', description: 'Tells.', parameters, strict: false, execute() {} });
  const agent = new RealtimeAgent({ name: 'Helper', instructions: 'Speak of anything.', tools: [own] });
  const transport = new OpenAIRealtimeWebRTC({ baseUrl });
  const session = window.session = new RealtimeSession(agent, { transport });
  window.events = [];
  session.on('transport_event', event => window.events.push(event.type));
  session.on('error', ({ error }) => window.events.push('problem: ' + JSON.stringify(error)));
  await session.connect({ apiKey: ticket });
  return transport.callId;
}"""
ASK = """async ([method, url, body]) => {
  const headers = window.guest ? { 'x-guest-token': guest } : {};
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  window.guest = answer.headers.get('x-guest-token') ?? window.guest;
  return answer.json();
}"""
HISTORY = """() => session.history.filter(item => item.type === 'message').map(
  ({ role, content: [part] }) => [role, part?.transcript ?? part?.text ?? null])"""


@pytest.fixture
def page(person: BrowserContext, address: str) -> Iterator[Page]:
    """A page of another site than the API's, that can import the client."""
    if not AGENTS.is_dir():
        pytest.skip("@openai/agents-realtime is not installed: `make browser` brings it, where there is npm")
    opened = person.new_page()
    opened.goto(address)
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
    assert json.loads((AGENTS / "package.json").read_text("utf-8"))["version"] == VERSION
    entry = (FOLDERS["agents"] / "openai-realtime-agents.mjs").read_bytes()
    assert hashlib.sha256(entry).hexdigest() == SHA256


def test_an_unmodified_client_on_another_site_holds_a_conversation_and_stays_pinned(
    page: Page, house: House
) -> None:
    guest = Guest(page, house.stack.api_url)
    made = guest.ask("POST", "/session", {"mode": "relay", "instructions": PINNED, "tools": [TOOL]})
    session = f"/session/{made['sessionId']}"
    call_id = page.evaluate(CONNECT, [made["clientSecret"], guest.api_url + "/realtime/calls"])
    assert guest.ask("GET", session)["callId"] == call_id
    eventually(
        page, lambda: page.evaluate(HISTORY) == [["user", "Do you like boats?"], ["assistant", "Very much."]]
    )
    reasserted = eventually(page, lambda: guest.audited(session, "config.reasserted"))
    changed = {field for entry in reasserted for field in entry["facts"]["fields"]}
    assert changed == {"instructions", "tools", "transcription"}  # the client has its own of each
    assert guest.audited(session, "call.relayed")[0]["facts"]["callId"] == call_id
    eventually(page, lambda: house.browser().look(call_id)["session"]["instructions"] == PINNED)
    assert [tool["name"] for tool in house.browser().look(call_id)["session"]["tools"]] == [TOOL["name"]]
    assert house.browser().look(call_id)["media"]["heard_seconds"] > 0
    page.evaluate("session.sendMessage('And trains?')")
    eventually(page, lambda: len(page.evaluate(HISTORY)) == 4)
    eventually(page, lambda: len(guest.ask("GET", f"{session}/transcript")["items"]) == 4)
    assert not [event for event in page.evaluate("events") if event.startswith("problem")]


class Guest:
    """Asks the API from the page, as one guest."""

    def __init__(self, page: Page, api_url: str) -> None:
        self.page = page
        self.api_url = api_url

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer."""
        return dict(self.page.evaluate(ASK, [method, self.api_url + path, body]))

    def audited(self, session: str, event: str) -> list[dict[str, Any]]:
        """The entries of such an event in the session's audit."""
        return [entry for entry in self.ask("GET", session)["audit"] if entry["event"] == event]
