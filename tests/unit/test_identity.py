"""Users of an issuer: whose keys are believed, in which form their tokens come, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import IssuerUnavailable, Unauthorized
from switchboard.domain.principal import Guest, User

from dev.simulator.chance import Chance
from dev.simulator.issuer import Issuer
from tests.unit.issuing import House

DOCUMENT = Path(__file__).parents[2] / "docs" / "identities.md"
REASONS = dict(re.findall(r"^\| .*?`kind: (\w+)` *\| `(\w+)` *\|$", DOCUMENT.read_text("utf-8"), re.M))
"""The token matrix: each kind of token and its outcome, as documented."""
GOOD = {kind for kind, outcome in REASONS.items() if outcome == "user"}


def reason(house: House, **shown: str) -> str:
    with pytest.raises(Unauthorized) as caught:
        house.resolve(**shown)
    return str((caught.value.details or {})["reason"])


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_good_token_is_its_subject_whoever_signed_it(algorithm: str, kind: str) -> None:
    house = House()
    user = house.resolve(bearer=house.token(kind, algorithm=algorithm))
    assert isinstance(user, User)
    assert user.id == "ann"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("kind", sorted(set(REASONS) - GOOD))
def test_a_token_that_is_not_good_is_refused_for_the_documented_reason(algorithm: str, kind: str) -> None:
    house = House()
    assert reason(house, bearer=house.token(kind, algorithm=algorithm)) == REASONS[kind]


def test_the_matrix_knows_every_kind_that_the_simulator_makes() -> None:
    source = (Path(__file__).parents[2] / "dev/simulator/issuer_tokens.py").read_text("utf-8")
    kinds = set(re.findall(r'case "(\w+)"', source)) | set(
        re.findall(r'^    "(\w+)": (?:lambda|_)', source, re.M)
    )
    assert kinds == set(REASONS)


@pytest.mark.parametrize(
    ("kind", "verified"), [("good", None), ("verified", True), ("unverified", False), ("anonymous", False)]
)
def test_only_the_issuers_own_word_verifies_an_address(kind: str, verified: bool | None) -> None:
    house = House()
    user = house.resolve(bearer=house.token(kind))
    assert isinstance(user, User)
    assert user.email_verified is verified


def test_algorithms_that_are_not_configured_are_refused() -> None:
    house = House(algorithms=("ES256",))
    assert house.resolve(bearer=house.token()) == User("ann", email="ann@example.com")
    for kind, algorithm in (("good", "RS256"), ("good", "EdDSA"), ("hs256", "ES256")):
        assert reason(house, bearer=house.token(kind, algorithm=algorithm)) == "algorithm_not_allowed"
    assert house.requests == ["jwks.json"]


def test_without_an_issuer_no_published_key_is_believed() -> None:
    house = House(trusted=None)
    assert reason(house, bearer=house.token()) == "algorithm_not_allowed"
    assert house.requests == []


@pytest.mark.parametrize("form", ["object", "list", "base64", "chunks", "base64_chunks", "token"])
def test_the_supabase_cookie_is_read_in_every_form(form: str) -> None:
    house = House()
    assert house.resolve(cookie=house.cookie(form)) == User("ann", email="ann@example.com")


@pytest.mark.parametrize("form", ["half", "tail", "cut", "no_token"])
def test_half_a_cookie_is_refused(form: str) -> None:
    house = House()
    assert reason(house, cookie=house.cookie(form)) == "malformed"


@pytest.mark.parametrize(
    "cookie", ["", "sb-abc-auth-token=", "sb-abc-auth-token-code-verifier=x", "sb-other-auth-token=x", "a=b"]
)
def test_a_cookie_that_is_not_there_is_none(cookie: str) -> None:
    assert isinstance(House().resolve(cookie=cookie), Guest)


def test_of_two_projects_only_ours_counts_and_without_one_configured_neither() -> None:
    house = House()
    both = f"{house.cookie('object', house.token(subject='bob'), 'other')}; {house.cookie('base64_chunks')}"
    assert house.resolve(cookie=both) == User("ann", email="ann@example.com")
    house = House(project=None)
    assert house.resolve(cookie=house.cookie("object")) == User("ann", email="ann@example.com")
    assert reason(house, cookie=both) == "credentials_disagree"


def test_the_token_of_the_body_counts_as_any_other() -> None:
    house = House()
    assert house.resolve(body_token=house.token()) == User("ann", email="ann@example.com")
    assert reason(house, body_token=house.token("expired")) == "expired"


def test_credentials_of_two_users_are_no_users() -> None:
    house = House()
    ann, bob = house.token(), house.token(subject="bob")
    assert reason(house, bearer=ann, cookie=house.cookie("object", bob)) == "credentials_disagree"
    assert reason(house, bearer=ann, body_token=bob) == "credentials_disagree"
    assert reason(house, cookie=house.cookie("chunks", ann), body_token=bob) == "credentials_disagree"


def test_what_nobody_believes_contradicts_nobody() -> None:
    house = House()
    stale = house.cookie("object", house.token("expired", subject="bob"))
    assert house.resolve(bearer=house.token(), cookie=stale) == User("ann", email="ann@example.com")


@pytest.mark.parametrize("form", ["half", "tail", "cut", "no_token"])
def test_half_a_cookie_does_not_spoil_a_good_token_before_it(form: str) -> None:
    house = House()
    assert house.resolve(bearer=house.token(), cookie=house.cookie(form)).id == "ann"
    assert reason(house, cookie=house.cookie(form), body_token=house.token()) == "malformed"


def test_a_bad_token_is_not_made_good_by_a_good_one_behind_it() -> None:
    house = House()
    assert reason(house, bearer=house.token("forged"), cookie=house.cookie("object")) == "bad_signature"


def test_an_api_key_comes_before_every_token() -> None:
    house = House()
    assert house.resolve(api_key="key-of-the-back-end", bearer=house.token()).owner == "service:backend"
    assert reason(house, api_key="wrong", bearer=house.token()) == "wrong_api_key"


def test_keys_are_fetched_once_and_shared_by_all_processes() -> None:
    house = House()
    for _ in range(3):
        house.resolve(bearer=house.token())
        house.another().resolve(Credentials(bearer=house.token(algorithm="EdDSA")))
    assert house.requests == ["jwks.json"]


def test_old_keys_are_fetched_again_so_that_a_withdrawn_one_is_forgotten() -> None:
    house = House(Issuer(Chance(1)))
    old = house.token()
    house.resolve(bearer=old)
    house.issuer.rotate(withdraw=True)
    house.resolve(bearer=old)
    house.clock.sleep(limits.JWKS_SECONDS)
    assert reason(house, bearer=old) == "unknown_key"


def test_a_rotated_key_is_believed_at_once_and_the_old_one_still() -> None:
    house = House(Issuer(Chance(2)))
    old = house.token()
    house.resolve(bearer=old)
    house.clock.sleep(limits.JWKS_FLOOR_SECONDS)
    house.issuer.rotate(withdraw=False)
    assert house.resolve(bearer=house.token()).id == "ann"
    assert house.resolve(bearer=old).id == "ann"
    assert len(house.requests) == 2


def test_made_up_key_ids_do_not_become_requests() -> None:
    house = House()
    house.resolve(bearer=house.token())
    for _ in range(20):
        assert reason(house, bearer=house.token("unknown_key_id")) == "unknown_key"
        with pytest.raises(Unauthorized):
            house.another().resolve(Credentials(bearer=house.token("unknown_key_id")))
    assert len(house.requests) == 1
    house.clock.sleep(limits.JWKS_FLOOR_SECONDS)
    for _ in range(20):
        assert reason(house, bearer=house.token("unknown_key_id")) == "unknown_key"
    assert len(house.requests) == 2


def test_an_issuer_that_is_down_locks_nobody_out_whose_key_is_known() -> None:
    house = House()
    house.resolve(bearer=house.token())
    known = house.keys()
    house.down = True
    house.clock.sleep(limits.JWKS_STALE_SECONDS - 60)
    assert known.find(None)
    assert house.keys().find(None) == known.find(None)  # those of a process that has just started


def test_an_issuer_that_was_never_reached_is_said_to_be_so() -> None:
    house = House()
    house.down = True
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            house.resolve(bearer=house.token())
    assert house.requests == ["jwks.json"]
    assert house.resolve(bearer=house.token("hs256")).id == "ann"


def test_keys_older_than_a_day_are_not_believed() -> None:
    house = House()
    house.resolve(bearer=house.token())
    house.down = True
    house.clock.sleep(limits.JWKS_STALE_SECONDS)
    with pytest.raises(IssuerUnavailable):
        house.resolve(bearer=house.token())


@pytest.mark.parametrize(
    "answer", [(200, {}), (200, {"keys": "x"}), (404, {"keys": []}), (200, {"keys": [1, None]})]
)
def test_an_issuer_that_publishes_nonsense_is_no_issuer(answer: tuple[int, dict[str, object]]) -> None:
    house = House()
    house.fetch = lambda url, headers: answer  # type: ignore[method-assign]  # what it says
    with pytest.raises((IssuerUnavailable, Unauthorized)):
        house.another().resolve(Credentials(bearer=house.token()))


def test_a_key_published_for_another_algorithm_or_use_checks_nothing() -> None:
    for change in ({"alg": "RS512"}, {"use": "enc"}, {"kty": "EC"}, {"crv": "P-384", "kty": "EC"}):
        house = House()
        token = house.token(algorithm="RS256")
        keys = [{**key, **change} for key in house.issuer.published()["keys"]]
        house.fetch = lambda url, headers, keys=keys: (200, {"keys": keys})  # type: ignore[method-assign, misc]  # an issuer with such keys
        with pytest.raises(Unauthorized) as caught:
            house.another().resolve(Credentials(bearer=token))
        assert caught.value.details == {"reason": "unknown_key"}


def test_a_shared_secret_that_is_published_is_no_key() -> None:
    house = House(jwt_secret=lambda: None)
    token = house.token("hs256")
    kid = json.loads(json.dumps(house.issuer.published()))["keys"][0]["kid"]
    house.fetch = lambda url, headers: (200, {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": kid}]})  # type: ignore[method-assign]  # an issuer gone wrong
    assert reason(house, bearer=token) == "algorithm_not_allowed"


def test_supabase_is_asked_whether_a_token_still_counts() -> None:
    house = House(revalidate=True)
    token = house.token()
    user = house.resolve(bearer=token)
    assert isinstance(user, User)
    assert user.email_verified is True
    house.issuer.sign_out(token)
    assert house.resolve(bearer=token).id == "ann"
    house.clock.sleep(limits.REVALIDATED_SECONDS)
    assert reason(house, bearer=token) == "revoked"
    assert house.requests == ["jwks.json", "user", "user"]


def test_a_supabase_that_does_not_answer_leaves_it_at_the_signature() -> None:
    house = House(revalidate=True)
    house.resolve(bearer=house.token())
    house.down = True
    assert house.resolve(bearer=house.token()).id == "ann"


def test_a_token_of_another_user_than_supabase_knows_is_revoked() -> None:
    house = House(revalidate=True)
    token = house.token()
    house.issuer._users[token]["id"] = "bob"
    assert reason(house, bearer=token) == "revoked"


def test_a_refusal_quotes_nothing_that_was_shown() -> None:
    house = House()
    with pytest.raises(Unauthorized) as caught:
        house.resolve(bearer=house.token("forged"))
    assert "ann" not in f"{caught.value.message} {caught.value.details}"
