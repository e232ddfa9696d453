"""A page that holds a session with the client: what it hears, says and knows, asked from outside."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page

from tests.browser.conftest import eventually
from tests.e2e.conftest import House

START = """async ([url, options, request]) => {
  const { Switchboard } = await import("@switchboard/client");
  window.connections = [];
  class Watched extends RTCPeerConnection {
    constructor(...given) { super(...given); connections.push(this); }
  }
  window.slept = 0;
  const now = () => Date.now() / 1000 + slept;
  window.switchboard = new Switchboard(url, { ...options, RTCPeerConnection: Watched, now });
  const session = window.session = await switchboard.create(request);
  Object.assign(window, { states: [], problems: [], calls: [] });
  session.on("state", (state) => states.push(state));
  session.on("call", (id) => calls.push(id));
  session.on("error", (error) => problems.push(error.code));
  session.on("audio", (voice) => (document.querySelector("audio").srcObject = voice));
  window.heard = new Map();
  session.on("message", ({ id, content }) => heard.set(id, content));
  await session.connect(await navigator.mediaDevices.getUserMedia({ audio: true }));
  return session.id;
}"""
SOUND = """async () => {
  const sound = { sent: 0, energy: 0 };
  for (const connection of connections)
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "outbound-rtp") sound.sent += report.bytesSent;
      if (report.type === "inbound-rtp") sound.energy += report.totalAudioEnergy ?? 0;
    }
  return sound;
}"""
SILENCE = {"name": "silence", "start": "live", "steps": [{"pause": 0.01}]}
"""Where a script has spoken for the person, the beeps of the fake microphone are no turns."""


class Talk:
    """One page's session; `house` has the other end. `complaints` are errors that nobody caught."""

    def __init__(self, page: Page, house: House, control: httpx.Client) -> None:
        control.put("/scripts/default", json=SILENCE).raise_for_status()
        self.page = page
        self.house = house
        self.id = ""
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._control = control

    def start(self, options: dict[str, Any] | None = None, **request: Any) -> Talk:
        """Open a session and connect with the fake microphone."""
        given = [self.house.stack.api_url, options or {}, request]
        self.id = self.page.evaluate(START, given)
        return self

    @property
    def call_id(self) -> str:
        """The page's current call."""
        return str(self.page.evaluate("session.callId"))

    def play(self, *steps: tuple[str, str]) -> None:
        """Have these words (who, what) spoken on the current call, once what plays there is over."""
        eventually(self.page, lambda: self.upstream()["script"]["state"] == "finished")
        script = {"name": "talk", "start": "live", "steps": [{who: words} for who, words in steps]}
        self.control(f"calls/{self.call_id}/script", script)

    def control(self, path: str, body: dict[str, Any]) -> None:
        """Tell the simulator what happens."""
        self._control.post(f"/{path}", json=body).raise_for_status()

    def upstream(self, call_id: str | None = None) -> dict[str, Any]:
        """The simulator's view of the call."""
        return self.house.browser().look(call_id or self.call_id)

    def heard(self) -> list[str]:
        """What the page has heard said, in the order in which it was known."""
        return list(self.page.evaluate("[...heard.values()]"))

    def written(self) -> list[str]:
        """What the server's transcript says."""
        items = self.page.evaluate("session.transcript()")
        return [item["text"] for item in items if item["kind"] == "message" and item["text"]]

    def wait_for(self, words: list[str]) -> None:
        """Wait until both transcripts say these words, each once."""
        eventually(self.page, lambda: sorted(self.heard()) == sorted(words))
        eventually(self.page, lambda: self.written() == words)

    def state(self, wanted: str) -> None:
        """Wait until the session is in that state."""
        eventually(self.page, lambda: self.page.evaluate("session.state") == wanted)

    def sound(self) -> dict[str, float]:
        """Bytes sent and energy heard, over all connections."""
        return dict(self.page.evaluate(SOUND))
