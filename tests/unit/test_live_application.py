"""The live view's route: events on the wire, errors in the one shape, and nothing left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from json import dumps, loads
from typing import Any

import pytest
from switchboard.domain import live_limits as limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.principal import Principal
from switchboard.live.application import create_app
from switchboard.live.wiring import Web

from tests.unit.fakes import World
from tests.unit.given import SESSION_ID
from tests.unit.sideband_events import heard, reply
from tests.unit.viewing_world import Stage


@dataclass
class Client:
    """One request: what has come so far, and whether it is still there."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(dict(message))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> str:
        return b"".join(each.get("body", b"") for each in self.sent).decode()


class Route:
    """The application on a stage."""

    def __init__(self, stage: Stage) -> None:
        world = stage.world
        self.threads = ThreadPoolExecutor(4)
        log = logging.getLogger("test.live")
        self.web = Web(world, world.door, world.settings, world.new_id, log, self.threads)
        self.app = create_app(self.web)

    def ask(
        self,
        client: Client,
        session_id: str = SESSION_ID,
        query: str = "",
        method: str = "GET",
        **headers: str,
    ) -> asyncio.Task[None]:
        path = f"/session/{session_id}/transcript/stream"
        shown = {
            "authorization": "Bearer ann",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": query.encode(),
            "http_version": "1.1",
            "headers": [
                (name.encode(), value.encode(errors="surrogateescape")) for name, value in shown.items()
            ],
            "client": ("203.0.113.1", 1),
            "server": ("test", 80),
        }
        return asyncio.ensure_future(self.app(scope, client.receive, client.send))

    async def answer(self, *args: str, **more: str) -> Client:
        """Ask, and wait for the whole answer."""
        client = Client()
        await asyncio.wait_for(self.ask(client, *args, **more), 30)
        return client


@pytest.fixture
def stage(world: World) -> Stage:
    stage = Stage(world)
    stage.say(*heard("u1", None, "Hello."), *reply("a1", "u1", "Hi!"))
    return stage


@pytest.fixture
async def route(stage: Stage) -> AsyncIterator[Route]:
    route = Route(stage)
    yield route
    route.threads.shutdown()


async def test_events_travel_as_the_page_says_and_end_with_the_session(stage: Stage, route: Route) -> None:
    stage.close_call()
    stage.end()
    client = await route.answer()
    assert client.status == 200
    assert client.headers["content-type"].startswith("text/event-stream")
    retry, first, second, end, nothing = client.body.split("\n\n")
    assert retry == f"retry: {limits.STREAM_PAUSE_MS}"
    name, kind, data = first.split("\n")
    assert name.startswith("id: ")
    assert kind == "event: item"
    assert loads(data.removeprefix("data: "))["itemId"] == "u1"
    assert loads(second.partition("data: ")[2])["previousItemId"] == "u1"
    assert end == f'id: end\nevent: end\ndata: {{"sessionId":"{SESSION_ID}","status":"ended"}}'
    assert nothing == ""


async def test_the_header_and_the_query_say_where_to_go_on_and_the_header_wins(
    stage: Stage, route: Route
) -> None:
    stage.close_call()
    stage.end()
    first = (await route.answer()).body.split("\n\n")[1].partition("\n")[0].removeprefix("id: ")
    assert (await route.answer(last_event_id=first)).body.count("event: item") == 1
    assert (await route.answer(query=f"lastEventId={first}")).body.count("event: item") == 1
    both = await route.answer(query="lastEventId=end", last_event_id=first)
    assert both.body.count("event: item") == 1
    over = await route.answer(last_event_id="end")
    assert (over.status, over.body) == (204, "")


async def test_who_leaves_leaves_nothing_behind(stage: Stage, route: Route) -> None:
    client = Client()
    asking = route.ask(client)
    while "a1" not in client.body:  # noqa: ASYNC110 (the client signals nothing)
        await asyncio.sleep(0.001)
    assert len(stage.world.viewers.list(SESSION_ID)) == 1
    client.gone.set()
    await asyncio.wait_for(asking, 30)
    assert stage.world.viewers.list(SESSION_ID) == ()
    assert stage.world.mailboxes.sweep(stage.world.clock()) == 0


async def test_who_is_gone_before_the_first_event_leaves_nothing_behind(stage: Stage, route: Route) -> None:
    class Gone(Client):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await route.ask(Gone())
    assert stage.world.viewers.list(SESSION_ID) == ()


async def test_a_stream_ends_in_time_and_says_nothing_of_an_end(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_SECONDS", 0.0)
    client = await route.answer()
    assert client.body.count("event: item") == 2
    assert "event: end" not in client.body
    assert client.sent[-1]["more_body"] is False


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        ({"authorization": "Bearer bob"}, 404, "not_found"),
        ({"authorization": "Bearer bad"}, 401, "unauthorized"),
        ({"session_id": "sess_1"}, 400, "invalid_request"),
        ({"query": "limit=1"}, 400, "invalid_request"),
        ({"last_event_id": "nonsense"}, 400, "invalid_request"),
        ({"last_event_id": "\udcff"}, 400, "invalid_request"),
        ({"last_event_id": "é"}, 400, "invalid_request"),
        ({"session_id": "a/b"}, 404, "not_found"),
        ({"method": "PUT"}, 404, "not_found"),
    ],
)
async def test_what_cannot_begin_is_an_error(
    route: Route, ask: dict[str, str], status: int, code: str
) -> None:
    client = await route.answer(**ask)
    assert (client.status, loads(client.body)["error"]["code"]) == (status, code)
    assert client.headers["access-control-allow-origin"] == "*"


async def test_a_crash_is_told_without_its_cause(
    stage: Stage, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(session_id: str, owner: str) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(stage.world.sessions, "get", crash)
    client = await route.answer()
    assert (client.status, loads(client.body)["error"]["code"]) == (500, "internal_error")
    assert "secret" not in client.body


async def test_where_somebody_is_is_what_the_gateway_saw_and_not_the_adapter(
    stage: Stage, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    resolve = route.web.identity.resolve

    def remember(who: Credentials) -> Principal:
        seen.append(who.address)
        return resolve(who)

    monkeypatch.setattr(route.web.identity, "resolve", remember)
    told = dumps({"requestId": "req", "identity": {"sourceIp": "198.51.100.7"}})
    for headers in ({"x_amzn_request_context": told}, {"x_amzn_request_context": "[" * 5}, {}):
        await route.answer("sess_unknown", **headers)
    assert seen == ["198.51.100.7", "203.0.113.1", "203.0.113.1"]


async def test_a_browser_may_ask_beforehand(route: Route) -> None:
    client = await route.answer(method="OPTIONS", origin="https://app.example.com")
    assert client.status == 204
    assert "last-event-id" in client.headers["access-control-allow-headers"]
