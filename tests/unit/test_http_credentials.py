"""Who the edge takes a request to be from: headers in any case, cookies among any others."""

from __future__ import annotations

import pytest
from switchboard.edge import GUEST_COOKIE
from switchboard.settings import Settings
from switchboard.usecases.create_session import create_session

from tests.unit.edges import Edge
from tests.unit.fakes import World


@pytest.fixture
def create(world: World) -> Edge:
    return Edge(world, create_session, status=201)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("value", ["Bearer ann", "bearer ann", "BEARER   ann  "])
def test_headers_and_schemes_are_read_in_any_case(world: World, create: Edge, name: str, value: str) -> None:
    create.send({}, headers={name: value})
    assert world.door.seen[-1].bearer == "ann"


@pytest.mark.parametrize("value", ["Basic ann", "ann", "", "Bearerann"])
def test_what_is_no_bearer_token_is_nothing(world: World, create: Edge, value: str) -> None:
    create.send({}, headers={"Authorization": value})
    assert world.door.seen[-1].bearer is None


def test_an_empty_bearer_token_is_a_token_that_is_not_good(world: World, create: Edge) -> None:
    create.send({}, headers={"Authorization": "Bearer "})
    assert world.door.seen[-1].bearer == ""


def test_a_bad_credential_is_refused_before_the_body_is_read(create: Edge) -> None:
    assert create.code(raw="{", headers={"Authorization": "Bearer bad"}) == (401, "unauthorized")
    assert create.code(raw="{", headers={"X-Api-Key": ""}) == (401, "unauthorized")


def test_no_headers_at_all_is_a_guest(create: Edge) -> None:
    status, headers, _ = create.send({}, headers=None)
    assert status == 201
    assert headers["x-guest-token"].startswith("gst_")


def test_a_fresh_guest_is_told_who_they_are_in_header_and_cookie(create: Edge) -> None:
    _, headers, _ = create.send({}, headers={})
    token = headers["x-guest-token"]
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"{GUEST_COOKIE}={token}; ")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_travels_over_tls_alone_unless_configured_otherwise(world: World, create: Edge) -> None:
    world.settings = Settings.read({})
    assert "; Secure" in create.send({}, headers={})[1]["set-cookie"]


def test_a_known_guest_and_a_user_get_no_cookie(create: Edge) -> None:
    for known in (
        {"X-Guest-Token": "gst_1"},
        {"Cookie": f"{GUEST_COOKIE}=gst_1"},
        {"Authorization": "Bearer ann"},
    ):
        _, headers, _ = create.send({}, headers=known)
        assert "set-cookie" not in headers
        assert "x-guest-token" not in headers


@pytest.mark.parametrize(
    "cookie",
    [
        "switchboard_guest=gst_1",
        "a=b; switchboard_guest=gst_1; c=d",
        "a=b;switchboard_guest=gst_1",
        "  switchboard_guest = gst_1 ",
        'switchboard_guest="gst_1"',
        "cart[items]=1; switchboard_guest=gst_1",
        'settings={"theme": "dark", "n": [1, 2]}; switchboard_guest=gst_1',
        "naïve=é; switchboard_guest=gst_1",
        "flag; switchboard_guest=gst_1; =x",
        "Expires=Wed, 21 Oct 2026 07:28:00 GMT; switchboard_guest=gst_1",
    ],
)
def test_the_guests_cookie_is_found_among_whatever_others_have_set(
    world: World, create: Edge, cookie: str
) -> None:
    create.send({}, headers={"cookie": cookie})
    assert world.door.seen[-1].guest == "gst_1"


@pytest.mark.parametrize(
    "cookie", ["", ";", "=", "x_switchboard_guest=1", "switchboard_guest", "SWITCHBOARD_GUEST=1"]
)
def test_other_cookies_are_not_the_guests(world: World, create: Edge, cookie: str) -> None:
    create.send({}, headers={"cookie": cookie})
    assert not world.door.seen[-1].guest


def test_the_header_names_the_guest_before_the_cookie_does(world: World, create: Edge) -> None:
    create.send({}, headers={"X-Guest-Token": "gst_1", "Cookie": f"{GUEST_COOKIE}=gst_2"})
    assert world.door.seen[-1].guest == "gst_1"
