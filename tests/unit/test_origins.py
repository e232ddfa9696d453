"""Pages of listed origins may read answers and use cookies; others may not."""

from __future__ import annotations

from typing import Any

import pytest
from switchboard.domain.origins import cors, is_welcome, preflight
from switchboard.edge import guest_cookie, shown
from switchboard.options import answering_options
from switchboard.settings import Settings
from switchboard.usecases.preflight import preflight as use_case

A, B, EVIL = "https://a.example.com", "https://b.example.com", "https://evil.example.com"
TWO = f"{A}, {B}/"


@pytest.mark.parametrize("origin", [A, B])
def test_a_listed_origin_is_echoed_and_may_use_cookies(origin: str) -> None:
    headers = cors(TWO, origin)
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["vary"] == "origin"


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", None, A + ".evil.example", "http://a.example.com", A + ":8443"]
)
def test_another_origin_is_not_named(origin: str | None) -> None:
    for headers in (cors(TWO, origin), preflight(TWO, origin)):
        assert "access-control-allow-origin" not in headers
        assert "access-control-allow-methods" not in headers
        assert headers["vary"] == "origin"


def test_everybody_is_welcome_under_the_star_but_brings_no_cookies() -> None:
    headers = cors("*", EVIL)
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers


def test_a_single_origin_is_always_the_one_that_is_named() -> None:
    assert cors(A, EVIL)["access-control-allow-origin"] == A
    assert cors(A)["access-control-allow-credentials"] == "true"


def test_the_answer_beforehand_names_methods_and_headers() -> None:
    headers = preflight(TWO, A)
    assert "DELETE" in headers["access-control-allow-methods"]
    for name in (
        "authorization",
        "content-type",
        "x-api-key",
        "x-guest-token",
        "last-event-id",
        "x-openai-agents-sdk",
    ):
        assert name in headers["access-control-allow-headers"]


def test_options_are_answered_by_the_list_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", EVIL)
    monkeypatch.setenv("ALLOWED_ORIGINS", TWO)
    answer = answering_options(use_case)({"headers": {"Origin": B}}, None)
    assert (answer["statusCode"], answer["headers"]["access-control-allow-origin"]) == (204, B)
    monkeypatch.delenv("ALLOWED_ORIGINS")
    answer = answering_options(use_case)({"headers": None}, None)
    assert answer["headers"]["access-control-allow-origin"] == EVIL


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [({}, "*"), ({"ALLOWED_ORIGIN": A}, A), ({"ALLOWED_ORIGINS": TWO, "ALLOWED_ORIGIN": EVIL}, TWO)],
)
def test_the_older_variable_still_counts(environ: dict[str, str], allowed: str) -> None:
    assert Settings.read(environ).allowed_origin == allowed


@pytest.mark.parametrize(
    ("allowed", "origin", "host", "welcome"),
    [
        (TWO, A, "api.example.com", True),
        (TWO, EVIL, "api.example.com", False),
        (TWO, None, "api.example.com", True),
        (TWO, "null", "null", False),
        (TWO, "https://api.example.com", "api.example.com", True),
        ("*", EVIL, None, True),
    ],
)
def test_cookies_count_from_listed_pages_and_from_our_own(
    allowed: str, origin: str | None, host: str, welcome: bool
) -> None:
    assert is_welcome(allowed, origin, host) is welcome
    headers = {"cookie": "switchboard_guest=g; sb-x-auth-token=t", "authorization": "Bearer b"}
    given = {**headers, **({"origin": origin} if origin else {}), "host": host}
    credentials = shown(given, "192.0.2.1", allowed)
    assert credentials.bearer == "b"
    assert bool(credentials.cookie) is bool(credentials.guest) is welcome


@pytest.mark.parametrize(
    ("environ", "attributes"),
    [
        ({}, {"HttpOnly", "SameSite=Lax", "Secure"}),
        ({"ALLOWED_ORIGINS": TWO}, {"HttpOnly", "SameSite=None", "Secure"}),
        ({"SECURE_COOKIES": "false"}, {"HttpOnly", "SameSite=Lax"}),
        ({"SECURE_COOKIES": "false", "ALLOWED_ORIGINS": TWO}, {"HttpOnly", "SameSite=Lax"}),
    ],
)
def test_a_guests_cookie_is_hidden_from_scripts_and_crosses_sites_only_over_tls(
    environ: dict[str, Any], attributes: set[str]
) -> None:
    parts = {part.strip() for part in guest_cookie("token", Settings.read(environ)).split(";")}
    assert attributes == parts & {"HttpOnly", "SameSite=Lax", "SameSite=None", "Secure"}
