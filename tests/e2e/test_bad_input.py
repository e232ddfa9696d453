"""What the API answers to what it should not be asked, through the real gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from switchboard.domain import limits

from tests.e2e.conftest import House

SESSION = "sess_" + "0" * 32
Fault = Callable[[dict[str, Any]], None]


def assert_error(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the one shape of errors; return the error."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["message"]
    assert error["request_id"]
    assert "Traceback" not in answer.text
    return error


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'"words"', "body"),
        (b"\xff\xfe", "body"),
        (b'{"model": NaN}', "body"),
        (b'{"instructions": "\\ud800"}', "body"),
        (b"[" * 30000, "body"),
        (b'{"model": 1}', "model"),
        (b'{"unknown": 1}', "unknown"),
        (b'{"mode": "loud"}', "mode"),
        (b'{"reset": "nothing"}', "reset"),
        (b'{"instructions": null}', "instructions"),
    ],
)
def test_a_body_that_makes_no_sense_is_told_what_is_wrong(house: House, body: bytes, field: str) -> None:
    with house.http() as http:
        error = assert_error(http.post("/session", content=body), 400, "invalid_request")
    assert error["details"]["fields"][0]["field"] == field


def test_an_oversized_body_is_refused(house: House) -> None:
    with house.http() as http:
        answer = http.post("/session", json={"instructions": "x" * limits.BODY_BYTES})
    assert_error(answer, 413, "payload_too_large")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/session/call", {"sessionId": SESSION, "callId": "rtc_1"}),
        ("POST", "/session/renew", {"sessionId": SESSION}),
        ("POST", "/extract-profile", {"sessionId": SESSION}),
        ("GET", "/extract-profile/ext_" + "0" * 32, None),
        ("GET", f"/session/{SESSION}", None),
        ("GET", f"/session/{SESSION}/transcript", None),
        ("POST", f"/session/{SESSION}/end", None),
    ],
)
def test_what_does_not_exist_is_not_found(house: House, method: str, path: str, body: Any) -> None:
    with house.http() as http:
        assert_error(http.request(method, path, json=body), 404, "not_found")


def test_anothers_session_looks_like_no_session(house: House) -> None:
    session_id = house.front_end().ask("POST", "/session", {})["sessionId"]
    with house.http() as stranger:
        found = stranger.get(f"/session/{session_id}")
        missing = stranger.get(f"/session/{SESSION}")
    assert_error(found, 404, "not_found")
    assert found.json()["error"]["message"] == missing.json()["error"]["message"]


def test_users_services_and_guests_each_own_their_sessions(house: House) -> None:
    claims = {"sub": "user-1", "aud": "authenticated", "exp": 4102444800}
    token = jwt.encode(claims, "jwt-secret-of-the-test-" * 2, algorithm="HS256")
    everyone: list[dict[str, str]] = [
        {"authorization": f"Bearer {token}"},
        {"x-api-key": "backend-key-of-the-test"},
        {},
    ]
    with house.http() as http:
        for headers in everyone:
            created = http.post("/session", json={}, headers=headers)
            http.cookies.clear()
            path = f"/session/{created.json()['sessionId']}"
            token_header = created.headers.get("x-guest-token")
            mine = {**headers, **({"x-guest-token": token_header} if token_header else {})}
            assert http.get(path, headers=mine).status_code == 200
            for other in everyone:
                if other != headers or not headers:
                    assert_error(http.get(path, headers=other), 404, "not_found")
                    http.cookies.clear()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "wrong"},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer " + jwt.encode({"sub": "a", "exp": 4102444800}, "", algorithm="none")},
    ],
)
def test_a_credential_that_is_no_good_is_refused(house: House, headers: dict[str, str]) -> None:
    with house.http() as http:
        assert_error(http.post("/session", json={}, headers=headers), 401, "unauthorized")


def test_an_unknown_route_has_the_one_error_shape(house: House) -> None:
    with house.http() as http:
        assert_error(http.get("/nothing"), 404, "not_found")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "invalid_api_key", (502, "upstream_refused")),
        (403, "model_not_found", (502, "upstream_refused")),
        (429, "rate_limit_exceeded", (503, "upstream_busy")),
        (429, "insufficient_quota", (502, "upstream_refused")),
        (500, "server_error", (502, "upstream_unavailable")),
    ],
)
def test_an_upstream_that_refuses_leaves_no_session_behind(
    house: House, faults: Fault, status: int, code: str, expected: tuple[int, str]
) -> None:
    front_end = house.front_end()
    old = front_end.ask("POST", "/session", {})
    refusal = {"status": status, "code": code, "message": "words with sk-live"}
    faults({"at": "client_secrets", "do": "status", "times": None, **refusal})
    answer = front_end.http.post("/session", json={"reset": old["sessionId"]})
    assert_error(answer, *expected)
    assert "sk-live" not in answer.text
    assert front_end.ask("GET", f"/session/{old['sessionId']}")["status"] == "open"


def test_an_ended_session_takes_no_call_and_no_renewal(house: House) -> None:
    front_end = house.front_end()
    session_id = front_end.ask("POST", "/session", {})["sessionId"]
    front_end.ask("POST", f"/session/{session_id}/end")
    for path, body in (
        ("/session/renew", {"sessionId": session_id}),
        ("/session/call", {"sessionId": session_id, "callId": "rtc_late"}),
    ):
        assert_error(front_end.http.post(path, json=body), 409, "session_ended")
