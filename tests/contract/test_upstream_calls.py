"""Placing a call with our own key: one form, one try, and an id or nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import httpx
import pytest
from switchboard.domain.errors import UpstreamBusy, UpstreamError, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.ports.realtime import Placed
from switchboard.domain.secret import ApiKey
from switchboard.domain.session import RealtimeConfig
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import OFFER, Caller

TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
CONFIG = RealtimeConfig("gpt-realtime-2.1", "marin", "Be kind, é.", "gpt-live-transcribe", [TOOL])
ANSWER = "v=0\r\ns=-\r\n"
PLACE = "/v1/realtime/calls/rtc_u0_1"


class Upstream:
    """Answers calls as the test says, and remembers every request."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200) if request.url.path.endswith("/hangup") else self._answer()

    def place(self) -> Placed:
        transport = httpx.MockTransport(self)
        http = OpenAIHttp("https://upstream.test/v1", lambda: ApiKey("sk-test"), transport, lambda _: None)
        return OpenAIRealtime(http).place(OFFER, CONFIG, "hash")


def answering(text: str = ANSWER, location: str = PLACE) -> Upstream:
    return Upstream(lambda: httpx.Response(201, text=text, headers={"Location": location}))


def failing(status: int = 503) -> Upstream:
    return Upstream(lambda: httpx.Response(status, json={"error": {"code": "trouble"}}))


def test_the_call_is_asked_for_as_one_form_with_offer_and_session() -> None:
    upstream = answering()
    assert upstream.place() == Placed("rtc_u0_1", ANSWER)
    [request] = upstream.requests
    assert request.headers["authorization"] == "Bearer sk-test"
    assert request.headers["openai-safety-identifier"] == "hash"
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form: Any = BytesParser(policy=HTTP).parsebytes(head + request.read())
    parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
    assert {name: part.get_content_type() for name, part in parts.items()} == {
        "sdp": "application/sdp",
        "session": "application/json",
    }
    assert parts["sdp"].get_payload(decode=True) == OFFER.encode()
    assert json.loads(parts["session"].get_payload(decode=True)) == CONFIG.as_session()


@pytest.mark.parametrize("location", [PLACE, PLACE + "/", PLACE + "?x=1", "https://upstream.test" + PLACE])
def test_the_id_is_found_wherever_the_location_has_it(location: str) -> None:
    assert answering(location=location).place().call_id == "rtc_u0_1"


@pytest.mark.parametrize(
    "location", ["", "/v1/realtime/calls/", "rtc_", "rtc_a b", "rtc_" + "x" * 200, "../x"]
)
def test_an_answer_without_an_id_is_an_outage(location: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        answering(location=location).place()


@pytest.mark.parametrize("text", ["", "<html>", " v=0"])
def test_a_call_without_an_sdp_answer_is_hung_up(text: str) -> None:
    upstream = answering(text)
    with pytest.raises(UpstreamUnavailable):
        upstream.place()
    assert [request.url.path for request in upstream.requests][1:] == [PLACE + "/hangup"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, UpstreamRefused), (403, UpstreamRefused), (429, UpstreamBusy), (500, UpstreamUnavailable)],
)
def test_a_refusal_is_told_and_never_tried_again(status: int, expected: type[UpstreamError]) -> None:
    upstream = failing(status)
    with pytest.raises(expected):
        upstream.place()
    assert len(upstream.requests) == 1


def test_a_connection_that_breaks_is_not_tried_again() -> None:
    def broken() -> httpx.Response:
        raise httpx.ReadTimeout("too late")

    upstream = Upstream(broken)
    with pytest.raises(UpstreamUnavailable):
        upstream.place()
    assert len(upstream.requests) == 1


async def test_the_simulator_takes_the_call_as_the_upstream_does() -> None:
    async with (
        Simulator(SimulatorConfig()).running() as simulator,
        Caller(simulator.url, "sk-test") as caller,
    ):
        port = OpenAIRealtime(OpenAIHttp(simulator.base_url, lambda: ApiKey("sk-test")))
        placed = await asyncio.to_thread(port.place, OFFER, CONFIG, "hash")
        assert placed.answer.endswith("\n")
        async with caller.attach(placed.call_id, "sk-test") as socket:
            await socket.send({"type": "session.update", "session": {"type": "realtime"}})
            session = (await socket.until("session.updated"))["session"]
    assert (session["instructions"], session["tools"][0]["name"]) == ("Be kind, é.", "look_up")
