"""Who is asking, through the real gateway: tokens and cookies of every kind, quotas, other origins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import House
from tests.e2e.test_bad_input import assert_error

Fault = Callable[[dict[str, Any]], None]
MATRIX = re.findall(
    r"^\| .*?`kind: (\w+)` *\| `(\w+)` *\|$",
    (Path(__file__).parents[2] / "docs" / "identities.md").read_text("utf-8"),
    re.M,
)
SECRET = "jwt-secret-of-the-test-" * 2


@pytest.fixture
def issuer(house: House) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return what has the issuer make a token, and every form of its cookie."""
    with house.simulator() as control:

        def make(**wanted: Any) -> dict[str, Any]:
            wanted = {"sub": "ada", "email": "ada@example.com", "secret": SECRET, **wanted}
            made = control.post("/issuer/tokens", json=wanted)
            return dict(made.raise_for_status().json())

        yield make


def who(house: House, **headers: str) -> dict[str, Any]:
    """Return whom a session is minted for."""
    answer = httpx.get(f"{house.stack.api_url}/api/session", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()["dexter_session"]
    return session


@pytest.mark.parametrize(("kind", "outcome"), MATRIX)
def test_every_kind_of_token_has_its_documented_outcome(
    house: House, issuer: Callable[..., dict[str, Any]], kind: str, outcome: str
) -> None:
    bearer = {"authorization": f"Bearer {issuer(kind=kind)['token']}"}
    session = who(house, **bearer)
    if outcome == "user":
        assert (session["type"], session["user"]["id"]) == ("user", "ada")
        return
    assert (session["type"], session["refused"]) == ("guest", outcome)
    with house.http() as http:
        for method, path in (("POST", "/session"), ("GET", "/memories"), ("POST", "/extract-profile")):
            error = assert_error(http.request(method, path, headers=bearer), 401, "unauthorized")
            assert error["details"] == {"reason": outcome}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("form", ["object", "list", "base64", "chunks", "base64_chunks"])
def test_a_browsers_cookie_makes_a_user(
    house: House, issuer: Callable[..., dict[str, Any]], form: str, algorithm: str
) -> None:
    made = issuer(algorithm=algorithm)
    assert who(house, cookie=made["cookies"][form])["user"] == {"id": "ada", "email": "ada@example.com"}


def test_half_a_cookie_makes_a_guest_and_says_so(house: House, issuer: Callable[..., dict[str, Any]]) -> None:
    session = who(house, cookie=issuer()["cookies"]["half"])
    assert (session["type"], session["refused"]) == ("guest", "malformed")


def test_two_users_at_once_are_nobody(house: House, issuer: Callable[..., dict[str, Any]]) -> None:
    bearer = f"Bearer {issuer()['token']}"
    session = who(house, authorization=bearer, cookie=issuer(sub="bob")["cookies"]["object"])
    assert (session["type"], session["refused"]) == ("guest", "credentials_disagree")


def test_keys_that_rotate_are_followed_and_an_outage_is_survived(
    house: House, issuer: Callable[..., dict[str, Any]]
) -> None:
    old = issuer()["token"]
    assert who(house, authorization=f"Bearer {old}")["type"] == "user"
    with house.simulator() as control:
        control.post("/issuer/outage", json={"down": True}).raise_for_status()
        try:
            assert who(house, authorization=f"Bearer {old}")["type"] == "user"
        finally:
            control.post("/issuer/outage", json={"down": False}).raise_for_status()


def test_a_server_says_who_asks_in_the_body_and_sees_the_tools(
    house: House, issuer: Callable[..., dict[str, Any]]
) -> None:
    with house.http() as http:
        user = http.post(
            "/realtime/sessions", json={"supabaseAccessToken": issuer()["token"], "voice": "cedar"}
        )
        http.cookies.clear()
        guest = http.post("/realtime/sessions", json={"guestProfile": {"label": "Fair"}})
    assert [tool["name"] for tool in user.json()["tools"]] == ["find_course", "book_course"]
    assert (user.json()["voice"], user.json()["dexter_session"]["user"]["id"]) == ("cedar", "ada")
    assert [tool["name"] for tool in guest.json()["tools"]] == ["find_course"]
    assert guest.json()["dexter_session"]["guest_profile"]["label"] == "Fair"


def test_the_secret_opens_a_call_and_the_page_sees_no_tools(house: House) -> None:
    with house.http() as http:
        session = http.get("/api/session").json()
    assert "tools" not in session
    assert house.browser().call_named(session["client_secret"]["value"], "demo").startswith("rtc_")


def test_an_upstream_that_refuses_is_a_502_and_costs_no_quota(house: House, faults: Fault) -> None:
    refusal = {"status": 403, "code": "model_not_found", "message": "words with sk-live-0123456789"}
    faults({"at": "client_secrets", "do": "status", "times": None, **refusal})
    with house.http() as http:
        http.headers["x-guest-token"] = http.post("/session", json={}).headers.get("x-guest-token", "")
        for _ in range(25):
            answer = http.get("/api/session")
            assert_error(answer, 502, "upstream_refused")
            assert "sk-live" not in answer.text
    told = [line for line in house.lines if "/api/session upstream" in line]
    assert told
    assert "model_not_found" in told[-1]
    assert not [line for line in house.lines if "sk-live-0123456789" in line]


def test_a_crowd_gets_exactly_the_guests_allowance(house: House) -> None:
    with house.http() as http:
        token = http.post("/session", json={}).headers["x-guest-token"]

    def ask(_: int) -> int:
        headers = {"x-guest-token": token}
        return httpx.get(f"{house.stack.api_url}/api/session", headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(ask, range(48)))
    assert statuses.count(200) == 20 - 1  # the first session is one of the twenty
    assert statuses.count(429) == 48 - 19


@pytest.mark.parametrize(
    "path", ["/session", "/api/session", "/realtime/logs", "/memories/mem_1", "/session/x/end"]
)
def test_a_page_of_another_origin_may_ask_beforehand(house: House, path: str) -> None:
    asked = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
    with house.http() as http:
        answer = http.options(path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "authorization" in answer.headers["access-control-allow-headers"]
