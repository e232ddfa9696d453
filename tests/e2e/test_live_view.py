"""The live view on the whole system: prompt, whole over reconnects and killed hosts, tidy behind itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpx
import pytest
import yaml

from dev.demo.client import FrontEnd
from tests.e2e.conftest import EVENTUALLY_S, House, eventually
from tests.e2e.test_voice_session import LONG_TALK, finished, place_call, truly_said

SLOW_TALK = yaml.safe_load("""
name: slow-talk
start: attached
start_after: 0.2
steps:
  - user: "One."
  - assistant: "Two."
  - user: "Three."
  - assistant: "Four."
  - user: "Five."
  - assistant: "Six."
""")


class Watcher:
    """A client of the stream: takes events as they come, in a thread of its own, until it leaves."""

    def __init__(self, house: House, front_end: FrontEnd, session_id: str, last: str | None = None) -> None:
        self.events: list[tuple[str, dict[str, Any], str]] = []
        self.arrived: list[float] = []
        self.closed = False
        headers = {**who(front_end), **({"last-event-id": last} if last else {})}
        self._client = httpx.Client(base_url=house.stack.api_url, timeout=EVENTUALLY_S)
        self._request = self._client.build_request(
            "GET", f"/session/{session_id}/transcript/stream", headers=headers
        )
        self.answer = self._client.send(self._request, stream=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def items(self) -> list[dict[str, Any]]:
        return [data for kind, data, _ in self.events if kind == "item"]

    def ids(self) -> list[str]:
        return [item["itemId"] for item in self.items()]

    def leave(self) -> str | None:
        """Go, and return the id of the last event."""
        self.answer.close()
        self._client.close()
        return self.events[-1][2] if self.events else None

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                elif "data" in fields:
                    self.events.append((fields["event"], json.loads(fields["data"]), fields["id"]))
                    self.arrived.append(monotonic())
                    fields = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.closed = True


def who(front_end: FrontEnd) -> dict[str, str]:
    """Return what shows a front end's guest."""
    return {"x-guest-token": str(front_end.http.headers["x-guest-token"])}


@contextmanager
def watching(
    house: House, front_end: FrontEnd, session_id: str, last: str | None = None
) -> Iterator[Watcher]:
    watcher = Watcher(house, front_end, session_id, last)
    try:
        assert watcher.answer.status_code == 200, watcher.answer.read()
        yield watcher
    finally:
        watcher.leave()


def transcript(front_end: FrontEnd, session_id: str) -> list[tuple[str, Any]]:
    return [(item["itemId"], item["text"]) for item in front_end.transcript(session_id)]


def placed(watcher: Watcher) -> list[tuple[str, Any]]:
    """Return what a client shows that places items as docs/live.md says."""
    items: list[dict[str, Any]] = []
    for item in watcher.items():
        items = [each for each in items if each["itemId"] != item["itemId"]]
        places = [each["itemId"] for each in items]
        items.insert(places.index(item["previousItemId"]) + 1 if item["previousItemId"] else 0, item)
    return [(item["itemId"], item["text"]) for item in items if not item["deleted"]]


def mailboxes(house: House) -> list[str]:
    queues = house.stack.boto3_client("sqs")
    found: list[str] = queues.list_queues(QueueNamePrefix="switchboard-dev-live-").get("QueueUrls", [])
    return found


def test_items_come_while_the_call_goes_on_and_the_stream_ends_with_the_session(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, SLOW_TALK)
    with watching(house, front_end, session_id) as watcher:
        assert watcher.answer.headers["content-type"].startswith("text/event-stream")
        eventually(lambda: len(watcher.items()) >= 2)
        assert not finished(browser, call_id)
        eventually(lambda: len(watcher.items()) == 6)
        assert placed(watcher) == truly_said(browser, call_id)
        front_end.ask("POST", f"/session/{session_id}/end")
        eventually(lambda: watcher.closed)
        kind, data, last = watcher.events[-1]
        assert (kind, data, last) == ("end", {"sessionId": session_id, "status": "ended"}, "end")
        assert transcript(front_end, session_id) == placed(watcher)
        shown = {item["itemId"]: item for item in front_end.transcript(session_id)}
        for item in watcher.items():
            item.pop("previousItemId")
            assert item == shown[item["itemId"]]
    with house.http() as http:
        path = f"/session/{session_id}/transcript/stream"
        again = http.get(path, headers={**who(front_end), "last-event-id": "end"})
        assert again.status_code == 204
        whole = http.get(path, headers=who(front_end))
        assert whole.text.count("event: item") == 6
        assert whole.text.endswith('"status":"ended"}\n\n')


def test_who_comes_back_gets_what_is_new_and_nothing_twice(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, SLOW_TALK)
    got: list[str] = []
    last: str | None = None
    while len(got) < 6:
        with watching(house, front_end, session_id, last) as watcher:
            eventually(lambda: watcher.items())
            last = watcher.leave()
            got += watcher.ids()[: [each for _, _, each in watcher.events].index(last or "") + 1]
    assert len(set(got)) == len(got)
    assert set(got) == {item_id for item_id, _ in truly_said(browser, call_id)}
    front_end.ask("POST", f"/session/{session_id}/end")


def test_a_killed_host_interrupts_no_stream(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, call_id = place_call(house, front_end, LONG_TALK)
    with watching(house, front_end, session_id) as watcher:
        eventually(lambda: watcher.items())
        house.kill_follower(session_id)
        house.stack.start_sideband_host()
        eventually(lambda: finished(browser, call_id))
        eventually(lambda: placed(watcher) == truly_said(browser, call_id))
        assert not watcher.closed
        front_end.ask("POST", f"/session/{session_id}/end")
        eventually(lambda: watcher.closed)
        assert placed(watcher) == transcript(front_end, session_id)


def test_a_renewed_session_is_one_stream(house: House) -> None:
    front_end, browser = house.front_end(), house.browser()
    session_id, _ = place_call(house, front_end, SLOW_TALK)
    with watching(house, front_end, session_id) as watcher:
        eventually(lambda: len(watcher.items()) == 6)
        renewed = front_end.ask("POST", "/session/renew", {"sessionId": session_id})
        call_id = browser.call_named(renewed["clientSecret"], SLOW_TALK["name"])
        front_end.ask("POST", "/session/call", {"sessionId": session_id, "callId": call_id})
        eventually(lambda: len(watcher.items()) == 12)
        assert len({item["generation"] for item in watcher.items()}) == 2
        front_end.ask("POST", f"/session/{session_id}/end")
        eventually(lambda: watcher.closed)


def test_a_client_that_leaves_frees_its_mailbox(house: House) -> None:
    front_end = house.front_end()
    session_id, _ = place_call(house, front_end, SLOW_TALK)
    before = mailboxes(house)
    with watching(house, front_end, session_id):
        assert len(mailboxes(house)) == len(before) + 1
    eventually(lambda: mailboxes(house) == before)
    front_end.ask("POST", f"/session/{session_id}/end")


def test_an_idle_sessions_end_ends_the_stream(house: House) -> None:
    front_end = house.front_end()
    session_id = front_end.ask("POST", "/session", {})["sessionId"]
    with watching(house, front_end, session_id) as watcher:
        front_end.ask("POST", f"/session/{session_id}/end")
        eventually(lambda: watcher.closed)
        assert [kind for kind, _, _ in watcher.events] == ["end"]


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda path: path, 404, "not_found"),
        (lambda path: path.replace("sess_", "sess_0", 1), 400, "invalid_request"),
        (lambda path: f"{path}?limit=3", 400, "invalid_request"),
    ],
)
def test_what_cannot_begin_is_an_error_in_the_one_shape(
    house: House, spoil: Callable[[str], str], status: int, code: str
) -> None:
    session_id = house.front_end().ask("POST", "/session", {})["sessionId"]
    with house.http() as stranger:
        answer = stranger.get(spoil(f"/session/{session_id}/transcript/stream"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_viewers_beyond_the_limit_are_refused_until_one_leaves(house: House) -> None:
    front_end = house.front_end()
    session_id = front_end.ask("POST", "/session", {})["sessionId"]
    watchers = [Watcher(house, front_end, session_id) for _ in range(8)]
    late = Watcher(house, front_end, session_id)
    assert late.answer.status_code == 429
    for watcher in watchers:
        assert watcher.answer.status_code == 200
        watcher.leave()
    eventually(lambda: Watcher(house, front_end, session_id).answer.status_code == 200)
    front_end.ask("POST", f"/session/{session_id}/end")


def test_a_page_of_another_origin_may_send_where_it_left_off(house: House) -> None:
    asked = {"origin": "https://app.example.com", "access-control-request-method": "GET"}
    with house.http() as http:
        answer = http.options("/session/sess_1/transcript/stream", headers=asked)
    assert answer.status_code in (200, 204)
    assert "last-event-id" in answer.headers["access-control-allow-headers"]
