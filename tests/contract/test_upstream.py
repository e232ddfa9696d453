"""The upstream's ports: what any answer becomes, and the same against the simulator's API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from switchboard.domain.errors import UpstreamBusy, UpstreamError, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.extraction import DEFAULT_SCHEMA
from switchboard.domain.ports.models import Responses
from switchboard.domain.ports.realtime import Realtime
from switchboard.domain.schema import answer_schema
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.domain.session import RealtimeConfig
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime
from switchboard.upstream.openai.responses import OpenAIResponses

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import Caller

CONFIG = RealtimeConfig("gpt-realtime-2.1", "marin", "Be kind.", "gpt-live-transcribe")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
SOON = 1_900_000_000


def canned(answer: httpx.Response) -> OpenAIHttp:
    """A client whose upstream always gives that answer."""
    return OpenAIHttp(
        "https://upstream.test/v1",
        lambda: ApiKey("sk-test"),
        httpx.MockTransport(lambda request: answer),
        pause=lambda seconds: None,
    )


def realtime(answer: Any, status: int = 200) -> Realtime:
    return OpenAIRealtime(canned(httpx.Response(status, json=answer)))


def responses(answer: Any) -> Responses:
    return OpenAIResponses(canned(httpx.Response(200, text=json.dumps(answer))), "gpt-5.6-luna")


def completed(*parts: Any) -> dict[str, Any]:
    return {"status": "completed", "output": [{"type": "message", "content": list(parts)}]}


def words(text: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text}


def mint(port: Realtime) -> ClientSecret:
    return port.mint(CONFIG, 600, "hash")


def ask(port: Responses) -> str:
    return port.text("Summarise.", "user: Hello.", 100, 5.0)


def extract(port: Responses) -> dict[str, Any]:
    return port.structured("Extract.", "[1] user: I am Ann.", "profile", SCHEMA, 5.0)


def test_a_secret_and_its_expiry_are_read() -> None:
    secret = mint(realtime({"value": "ek_1", "expires_at": SOON, "session": {}}))
    assert secret == ClientSecret("ek_1", datetime.fromtimestamp(SOON, UTC))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"value": "ek_1"},
        {"expires_at": SOON},
        {"value": None, "expires_at": SOON},
        {"value": "", "expires_at": SOON},
        {"value": "ek_1\r\nX-Evil: 1", "expires_at": SOON},
        {"value": "ek_é", "expires_at": SOON},
        {"value": ["ek_1"], "expires_at": SOON},
        {"value": "ek_1", "expires_at": None},
        {"value": "ek_1", "expires_at": "soon"},
        {"value": "ek_1", "expires_at": 10**20},
        {"value": "ek_1", "expires_at": -(10**20)},
        {"value": "ek_1", "expires_at": [SOON]},
    ],
)
def test_an_answer_without_a_usable_secret_is_an_outage(answer: Any) -> None:
    with pytest.raises(UpstreamUnavailable) as caught:
        mint(realtime(answer))
    assert "ek_" not in f"{caught.value.message} {caught.value.details}"


@pytest.mark.parametrize("status", [400, 404])
def test_hanging_up_a_call_that_is_over_is_fine(status: int) -> None:
    realtime({"error": {"code": "call_id_not_found"}}, status).hang_up("rtc_1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, UpstreamRefused), (403, UpstreamRefused), (429, UpstreamBusy), (500, UpstreamError)],
)
def test_a_hang_up_that_fails_says_so(status: int, expected: type[UpstreamError]) -> None:
    with pytest.raises(expected):
        realtime({"error": {"code": "x"}}, status).hang_up("rtc_1")


def test_the_words_of_all_parts_are_joined() -> None:
    assert ask(responses(completed(words("Hel"), words("lo."), {"type": "other"}))) == "Hello."


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"status": "failed"},
        {"status": "in_progress"},
        {"status": "completed"},
        {"status": "completed", "output": None},
        {"status": "completed", "output": "x"},
        {"status": "completed", "output": {"a": 1}},
        {"status": "completed", "output": [None, 7, "x", []]},
        {"status": "completed", "output": [{"content": "x"}, {"content": [None, "x", 7]}]},
        completed(),
        completed(words("")),
        completed(words(None)),
        completed(words(["x"])),
        completed(words("half a character: \ud83d")),
    ],
)
def test_an_answer_without_words_is_an_outage(answer: Any) -> None:
    with pytest.raises(UpstreamUnavailable):
        ask(responses(answer))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "max_output_tokens",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "Tell nobody"}}, None),
        ({"status": "incomplete", "incomplete_details": None}, None),
        ({"status": "incomplete", "incomplete_details": ["x"]}, None),
        (completed({"type": "refusal", "refusal": "I will not."}), "refusal"),
    ],
)
def test_a_model_that_will_not_is_refusing(answer: Any, code: str | None) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        ask(responses(answer))
    assert caught.value.details == {"upstream_code": code}


def test_an_answer_that_fits_the_schema_is_returned() -> None:
    assert extract(responses(completed(words('{"name": "Ann"}')))) == {"name": "Ann"}


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "[]",
        "null",
        "{}",
        '{"name": 7}',
        '{"name": NaN}',
        '{"name": "Ann", "age": 3}',
        '{"name": "\\ud83d"}',
        "[" * 100_000,
        '{"name": "Ann"',
    ],
)
def test_an_answer_that_does_not_fit_is_an_outage_and_is_not_quoted(text: str) -> None:
    with pytest.raises(UpstreamUnavailable) as caught:
        extract(responses(completed(words(text))))
    assert "Ann" not in f"{caught.value.message} {caught.value.details}"


class Simulated:
    """The ports on a running simulator, and its control."""

    def __init__(self, simulator: Simulator, caller: Caller) -> None:
        http = OpenAIHttp(simulator.base_url, lambda: ApiKey("sk-test"), pause=lambda seconds: None)
        self.realtime: Realtime = OpenAIRealtime(http)
        self.responses: Responses = OpenAIResponses(http, "gpt-5.6-luna")
        self.caller = caller
        self.state = simulator.state

    def fault(self, **order: Any) -> None:
        self.state.world.faults.add(order)


@pytest.fixture
async def simulated() -> AsyncIterator[Simulated]:
    async with (
        Simulator(SimulatorConfig(speed=20)).running() as simulator,
        Caller(simulator.url) as caller,
    ):
        yield Simulated(simulator, caller)


async def aside(work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.to_thread(work, *arguments)


async def test_the_simulator_mints_what_was_asked_for(simulated: Simulated) -> None:
    secret = await aside(mint, simulated.realtime)
    assert secret.value.startswith("ek_")
    assert secret.expires_at - datetime.now(UTC) < timedelta(seconds=601)
    [asked] = simulated.state.log.list()
    body = json.loads(asked["body"])
    assert body["session"] == CONFIG.as_session()
    assert body["expires_after"] == {"anchor": "created_at", "seconds": 600}
    assert asked["headers"]["OpenAI-Safety-Identifier"] == "hash"


async def test_a_call_is_hung_up_with_the_secret_that_made_it(simulated: Simulated) -> None:
    secret = await aside(mint, simulated.realtime)
    call_id = await simulated.caller.call(secret.value)
    await aside(simulated.realtime.hang_up, call_id, secret)
    await aside(simulated.realtime.hang_up, call_id, secret)
    await aside(simulated.realtime.hang_up, "rtc_unknown")


async def test_the_simulator_answers_in_words(simulated: Simulated) -> None:
    assert await aside(ask, simulated.responses)


async def test_the_simulator_accepts_the_schemas_that_we_send(simulated: Simulated) -> None:
    answer = await aside(
        simulated.responses.structured,
        "Extract.",
        "[1] user: My name is Ann.",
        "profile",
        answer_schema(DEFAULT_SCHEMA),
        5.0,
    )
    assert set(answer) == {"profile", "evidence"}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"status": 401, "code": "invalid_api_key"}, UpstreamRefused),
        ({"status": 403, "code": "model_not_found"}, UpstreamRefused),
        ({"status": 429, "code": "insufficient_quota"}, UpstreamRefused),
        ({"status": 429, "code": "rate_limit_exceeded", "headers": {"retry-after": "9"}}, UpstreamBusy),
        ({"status": 500}, UpstreamUnavailable),
        ({"status": 503, "code": "server_is_overloaded"}, UpstreamUnavailable),
    ],
)
async def test_what_the_simulator_refuses_is_translated(
    simulated: Simulated, order: dict[str, Any], expected: type[UpstreamError]
) -> None:
    for at in ("client_secrets", "responses"):
        simulated.fault(at=at, do="status", times=None, **order)
    for work, port in ((mint, simulated.realtime), (ask, simulated.responses)):
        with pytest.raises(UpstreamError) as caught:
            await aside(work, port)
        assert type(caught.value) is expected


async def test_a_connection_that_drops_once_is_not_noticed(simulated: Simulated) -> None:
    simulated.fault(at="client_secrets", do="drop", times=1)
    assert (await aside(mint, simulated.realtime)).value


async def test_a_model_that_refuses_or_stops_short_is_told_apart_from_an_outage(simulated: Simulated) -> None:
    for deed in ("refuse", "incomplete"):
        simulated.fault(at="responses", do=deed, times=1)
        with pytest.raises(UpstreamRefused):
            await aside(ask, simulated.responses)
