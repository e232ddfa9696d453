"""Who is believed: API keys, users' tokens and guests', and nobody who forges one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import Unauthorized
from switchboard.domain.principal import Guest, Principal, Service, User
from switchboard.upstream.identity.tokens import GUEST_AUDIENCE, TokenIdentity

from tests.unit.fakes import FakeClock, FakeIds

JWT_SECRET = "jwt-secret-of-the-tests-32-bytes-or-more"
GUEST_SECRET = "guest-secret-of-the-tests-32-bytes-or-more"
API_KEY = "key-of-the-back-end"
AUDIENCE, ISSUER = "authenticated", "https://id.example.com"


class Door:
    """The identity under test, and a clock and tokens to go with it."""

    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        self.asked: list[str] = []
        configured: dict[str, Any] = {
            "api_key": self.secret("api key", API_KEY),
            "jwt_secret": self.secret("jwt", JWT_SECRET),
            "guest_secret": self.secret("guest", GUEST_SECRET),
            "audience": AUDIENCE,
            "issuer": ISSUER,
            "clock": self.clock,
            "new_id": FakeIds(),
        }
        self.identity = TokenIdentity(**{**configured, **changes})

    def secret(self, name: str, value: str) -> Callable[[], str]:
        def read() -> str:
            self.asked.append(name)
            return value

        return read

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        claims = {"sub": "ann", "aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + 60, **changes}
        return {name: value for name, value in claims.items() if value is not ...}

    def user(self, key: str = JWT_SECRET, algorithm: str = "HS256", **changes: Any) -> Principal:
        return self.bearer(jwt.encode(self.claims(**changes), key, algorithm))

    def bearer(self, token: str) -> Principal:
        return self.identity.resolve(Credentials(bearer=token))

    def guest(self, token: str) -> Guest:
        principal = self.identity.resolve(Credentials(guest=token))
        assert isinstance(principal, Guest)
        return principal


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_good_token_is_its_subject() -> None:
    assert Door().user(email="ann@example.com") == User("ann", email="ann@example.com")
    assert Door().user(email=["x"]) == User("ann")


def test_the_api_key_is_a_service() -> None:
    assert Door().identity.resolve(Credentials(api_key=API_KEY)) == Service("backend")


@pytest.mark.parametrize(
    "shown", ["", "key-of-the-back-en", "key-of-the-back-end ", "kéy", "\ud800", "x" * 10_000]
)
def test_a_wrong_api_key_is_refused(shown: str) -> None:
    with pytest.raises(Unauthorized):
        Door().identity.resolve(Credentials(api_key=shown))


@pytest.mark.parametrize("configured", [None, ""])
def test_without_a_configured_api_key_every_key_is_wrong(configured: str | None) -> None:
    for shown in ("", "x"):
        with pytest.raises(Unauthorized):
            Door(api_key=lambda: configured).identity.resolve(Credentials(api_key=shown))


def test_whoever_shows_two_credentials_is_judged_by_the_first() -> None:
    door = Door()
    token = jwt.encode(door.claims(), JWT_SECRET, "HS256")
    with pytest.raises(Unauthorized):
        door.identity.resolve(Credentials(api_key="wrong", bearer=token))
    assert door.identity.resolve(Credentials(bearer=token, guest="x")) == User("ann")


def test_only_the_secret_that_is_needed_is_read() -> None:
    door = Door()
    door.identity.resolve(Credentials())
    assert door.asked == []
    door.user()
    assert door.asked == ["jwt"]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "others"},
        {"aud": ["others"]},
        {"aud": ...},
        {"aud": None},
        {"aud": 7},
        {"iss": "https://evil.example.com"},
        {"iss": ...},
        {"sub": ...},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": {"a": 1}},
        {"sub": "x" * (limits.SUBJECT_BYTES + 1)},
        {"sub": "\ud800"},
        {"exp": ...},
        {"exp": None},
        {"exp": "soon"},
        {"exp": []},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": -(10**400)},
        {"nbf": 10**12},
        {"nbf": "later"},
        {"nbf": float("nan")},
        {"iat": 10**12},
        {"iat": {}},
    ],
)
def test_a_well_signed_token_with_wrong_claims_is_refused(changes: dict[str, Any]) -> None:
    door = Door()
    header, body = part({"alg": "HS256", "typ": "JWT"}), part(door.claims(**changes))
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{header}.{body}".encode(), JWT_SECRET.encode())
    with pytest.raises(Unauthorized):
        door.bearer(f"{header}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_one_of_several_audiences_may_be_ours() -> None:
    assert Door().user(aud=["others", AUDIENCE]) == User("ann")


def test_without_a_configured_audience_or_issuer_any_will_do() -> None:
    door = Door(audience=None, issuer=None)
    assert door.user(aud="others", iss="https://other.example.com") == User("ann")
    assert door.user(aud=..., iss=...) == User("ann")


def test_a_token_is_good_until_it_expires_give_or_take_the_clocks() -> None:
    door = Door()
    token = jwt.encode(door.claims(), JWT_SECRET, "HS256")
    door.clock.sleep(60 + limits.CLOCK_LEEWAY_SECONDS - 1)
    assert door.bearer(token) == User("ann")
    door.clock.sleep(1)
    with pytest.raises(Unauthorized):
        door.bearer(token)


def test_a_token_from_a_clock_that_runs_ahead_is_good() -> None:
    door = Door()
    soon = int(door.clock().timestamp()) + limits.CLOCK_LEEWAY_SECONDS
    assert door.user(iat=soon, nbf=soon) == User("ann")
    with pytest.raises(Unauthorized):
        door.user(nbf=soon + 1)


def test_a_token_signed_with_another_key_is_refused() -> None:
    for key in ("another-secret-that-is-also-32-bytes-long", GUEST_SECRET, API_KEY.ljust(32, "!")):
        with pytest.raises(Unauthorized):
            Door().user(key)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_the_right_key(algorithm: str) -> None:
    with pytest.raises(Unauthorized):
        Door().user(JWT_SECRET.ljust(64, "!"), algorithm)
    with pytest.raises(Unauthorized):
        Door(jwt_secret=lambda: JWT_SECRET.ljust(64, "!")).user(JWT_SECRET.ljust(64, "!"), algorithm)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 7])
def test_an_unsigned_token_is_refused(algorithm: object) -> None:
    door = Door()
    for signature in ("", part("x")):
        with pytest.raises(Unauthorized):
            door.bearer(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(door.claims())}.{signature}")


def test_a_token_that_brings_its_own_key_is_refused() -> None:
    door = Door()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    headers = {"jwk": public, "jku": "https://evil.example.com", "kid": "../../dev/null", "x5u": "x"}
    with pytest.raises(Unauthorized):
        door.bearer(jwt.encode(door.claims(), key, "RS256", headers=headers))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "x" * 10_000,
        "\ud800.\ud800.\ud800",
        "é.é.é",
        part("[" * 7000) + ".e30.AAAA",
        part('{"alg": "HS256"}') + "." + part("[" * 7000) + ".AAAA",
        part("null") + ".e30.",
        part('{"alg": "HS256", "crit": ["b64"], "b64": false}') + ".e30.AAAA",
        "\x00.\x00.\x00",
    ],
)
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized):
        Door().bearer(token)
    assert Door().guest(token).fresh or token == ""


@pytest.mark.parametrize("configured", [None, ""])
def test_a_deployment_without_a_secret_believes_no_token(configured: str | None) -> None:
    door = Door(jwt_secret=lambda: configured)
    for key in ("", JWT_SECRET):
        token = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(door.claims())}."
        with pytest.raises(Unauthorized):
            door.bearer(token if not key else jwt.encode(door.claims(), key, "HS256"))


def test_whoever_shows_nothing_is_a_fresh_guest() -> None:
    first, second = (Door().identity.resolve(Credentials()) for _ in range(2))
    assert isinstance(first, Guest)
    assert first.fresh
    assert first.id.startswith("gst_")
    assert first == second  # the ids of the tests are counted, by each door on its own


def test_a_guest_is_known_again() -> None:
    door = Door()
    fresh = door.identity.resolve(Credentials())
    assert isinstance(fresh, Guest)
    known = door.guest(door.identity.guest_token(fresh))
    assert known == Guest(fresh.id)
    assert not known.fresh
    assert known.owner == fresh.owner


def test_a_guest_is_known_for_as_long_as_their_sessions_live() -> None:
    door = Door()
    token = door.identity.guest_token(Guest("gst_1"))
    door.clock.sleep(limits.GUEST_DAYS * 24 * 3600)
    assert not door.guest(token).fresh
    door.clock.sleep(limits.CLOCK_LEEWAY_SECONDS)
    assert door.guest(token).fresh


def test_a_forged_guest_is_a_fresh_one() -> None:
    door = Door()
    now = int(door.clock().timestamp())
    claims = {"sub": "gst_1", "aud": GUEST_AUDIENCE, "exp": now + 60}
    forged = [
        jwt.encode(claims, JWT_SECRET, "HS256"),
        jwt.encode({**claims, "aud": AUDIENCE}, GUEST_SECRET, "HS256"),
        f"{part({'alg': 'none'})}.{part(claims)}.",
    ]
    for token in forged:
        guest = door.guest(token)
        assert guest.fresh
        assert guest.id != "gst_1"


def test_a_guests_token_is_no_users_and_a_users_no_guests() -> None:
    door = Door(jwt_secret=lambda: GUEST_SECRET, audience=None, issuer=None)
    with pytest.raises(Unauthorized):
        door.bearer(door.identity.guest_token(Guest("gst_1")))
    door = Door(jwt_secret=lambda: GUEST_SECRET)
    assert door.guest(jwt.encode(door.claims(), GUEST_SECRET, "HS256")).fresh


def test_a_refusal_does_not_quote_what_was_shown() -> None:
    for credentials in (Credentials(api_key="tell-nobody"), Credentials(bearer="tell.nobody.this")):
        with pytest.raises(Unauthorized) as caught:
            Door().identity.resolve(credentials)
        assert "tell" not in f"{caught.value} {caught.value.message} {caught.value.details} {credentials}"
