"""Requests to the upstream: retried when that may heal, translated, and never quoted."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from switchboard.domain import limits
from switchboard.domain.errors import UpstreamBusy, UpstreamError, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.secret import ApiKey, ClientSecret
from switchboard.upstream.openai.http import OpenAIHttp

from tests.unit.fakes import START

Answer = httpx.Response | Exception
KEY = "sk-tell-nobody"


class Upstream:
    """Gives the answers in order, the last one again and again, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._answers = list(answers)
        self.http = OpenAIHttp(
            "https://upstream.test/v1",
            lambda: ApiKey(KEY),
            httpx.MockTransport(self._answer),
            self.pauses.append,
        )

    def post(self, **more: Any) -> dict[str, Any]:
        return self.http.post("realtime/client_secrets", {"a": 1}, 8.0, **more)

    def failure(self) -> UpstreamError:
        with pytest.raises(UpstreamError) as caught:
            self.post()
        return caught.value

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def error(status: int, code: object = None, message: str = "tell nobody", **headers: str) -> httpx.Response:
    body = {"error": {"message": message, "type": "x", "param": None, "code": code}}
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): headers[name] for name in headers}
    )


def test_the_key_and_the_body_go_to_the_path_under_the_base() -> None:
    upstream = Upstream(httpx.Response(200, json={"ok": True}))
    assert upstream.post(headers={"OpenAI-Safety-Identifier": "hash"}) == {"ok": True}
    [request] = upstream.asked
    assert str(request.url) == "https://upstream.test/v1/realtime/client_secrets"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["openai-safety-identifier"] == "hash"
    assert json.loads(request.content) == {"a": 1}


def test_another_credential_takes_the_keys_place() -> None:
    upstream = Upstream(httpx.Response(200))
    assert upstream.post(credential=ClientSecret("ek_1", START)) == {}
    assert upstream.asked[0].headers["authorization"] == "Bearer ek_1"


@pytest.mark.parametrize(
    ("answer", "expected", "tries"),
    [
        (error(400, "invalid_value"), UpstreamRefused, 1),
        (error(401, "invalid_api_key"), UpstreamRefused, 1),
        (error(403, "model_not_found"), UpstreamRefused, 1),
        (error(404, "call_id_not_found"), UpstreamRefused, 1),
        (error(422), UpstreamRefused, 1),
        (error(429, "insufficient_quota"), UpstreamRefused, 1),
        (error(429, "credit_balance_exhausted"), UpstreamRefused, 1),
        (error(429, "rate_limit_exceeded"), UpstreamBusy, 2),
        (error(429), UpstreamBusy, 2),
        (httpx.Response(429, text="slow down"), UpstreamBusy, 2),
        (error(408), UpstreamUnavailable, 2),
        (error(409), UpstreamUnavailable, 2),
        (error(500), UpstreamUnavailable, 2),
        (error(503, "server_is_overloaded"), UpstreamUnavailable, 2),
        (httpx.Response(502, text="<html>tell nobody</html>"), UpstreamUnavailable, 2),
        (httpx.Response(302, headers={"location": "https://evil.test/"}), UpstreamRefused, 1),
        (httpx.ConnectError("tell nobody"), UpstreamUnavailable, 2),
        (httpx.ConnectTimeout("tell nobody"), UpstreamUnavailable, 2),
        (httpx.ReadTimeout("tell nobody"), UpstreamUnavailable, 2),
        (httpx.RemoteProtocolError("tell nobody"), UpstreamUnavailable, 2),
        (httpx.Response(200, text="not json"), UpstreamUnavailable, 2),
        (httpx.Response(200, text="[" * 100_000), UpstreamUnavailable, 2),
        (httpx.Response(500, text='{"error":' * 100_000), UpstreamUnavailable, 2),
        (httpx.Response(400, text='{"error":' * 100_000), UpstreamRefused, 1),
        (httpx.Response(200, content=b"\xff\xfe\x00"), UpstreamUnavailable, 2),
        (httpx.Response(200, json=["a"]), UpstreamUnavailable, 2),
        (httpx.Response(200, text="null"), UpstreamUnavailable, 2),
        (httpx.Response(400, json=["a"]), UpstreamRefused, 1),
        (httpx.Response(400, json={"error": "x"}), UpstreamRefused, 1),
        (httpx.Response(400, json={"error": None}), UpstreamRefused, 1),
        (error(400, ["x"]), UpstreamRefused, 1),
    ],
)
def test_every_failure_has_a_class_and_only_what_may_heal_is_retried(
    answer: Answer, expected: type[UpstreamError], tries: int
) -> None:
    upstream = Upstream(answer)
    failure = upstream.failure()
    assert type(failure) is expected
    assert len(upstream.asked) == tries
    assert "tell" not in f"{failure.message} {failure.details}"


def test_a_blip_heals() -> None:
    upstream = Upstream(error(500), httpx.Response(200, json={"ok": True}))
    assert upstream.post() == {"ok": True}
    [pause] = upstream.pauses
    assert limits.UPSTREAM_PAUSE <= pause <= 2 * limits.UPSTREAM_PAUSE


def test_the_upstreams_own_pause_is_kept() -> None:
    upstream = Upstream(error(429, retry_after="2"), httpx.Response(200, json={}))
    upstream.post()
    assert upstream.pauses == [2]


def test_a_pause_longer_than_we_wait_is_the_callers() -> None:
    upstream = Upstream(error(429, retry_after="17"))
    assert upstream.failure().retry_after == 17
    assert (len(upstream.asked), upstream.pauses) == (1, [])


@pytest.mark.parametrize("header", ["soon", "", "nan", "inf", "-5", "0", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_pause_that_is_none_is_a_second(header: str) -> None:
    assert Upstream(error(429, retry_after=header)).failure().retry_after == 1


def test_an_absurd_pause_is_an_hour() -> None:
    assert Upstream(error(429, retry_after="1e300")).failure().retry_after == 3600


@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_there_is_no_second_try_without_the_time_for_it(seconds: float) -> None:
    upstream = Upstream(error(503, retry_after="1"))
    with pytest.raises(UpstreamUnavailable):
        upstream.http.post("x", {}, seconds)
    assert (len(upstream.asked), upstream.pauses) == (1, [])


def test_every_try_has_only_the_time_that_is_left() -> None:
    upstream = Upstream(error(500))
    upstream.failure()
    for request in upstream.asked:
        timeout = request.extensions["timeout"]
        assert 0 < timeout["connect"] <= limits.CONNECT_SECONDS
        assert 0 < timeout["connect"] + timeout["read"] <= 8.0


def test_what_the_caller_learns_are_the_upstreams_status_and_code() -> None:
    assert Upstream(error(403, "model_not_found")).failure().details == {
        "upstream_status": 403,
        "upstream_code": "model_not_found",
    }


@pytest.mark.parametrize("code", [KEY, "tell nobody", "Tell", "x" * 65, "é", "", 7, None, {"a": 1}])
def test_a_code_that_is_no_code_is_not_passed_on(code: object) -> None:
    assert (Upstream(error(403, code)).failure().details or {})["upstream_code"] is None


def test_the_log_tells_the_code_and_nothing_that_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    answers: list[Answer] = [
        error(401, "invalid_api_key", f"Incorrect key: {KEY}"),
        error(500),
        httpx.ReadTimeout(KEY),
    ]
    for answer in answers:
        Upstream(answer).failure()
    assert len(caplog.records) == 5
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert "invalid_api_key" in logged
    assert "tell" not in logged
    assert "Incorrect" not in logged


@pytest.mark.parametrize("read", [repr, str, vars])
def test_the_client_does_not_show_its_key(read: Callable[[object], object]) -> None:
    upstream = Upstream(httpx.Response(200, json={}))
    upstream.post()
    assert KEY not in str(read(upstream.http))
