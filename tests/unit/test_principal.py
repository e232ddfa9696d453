"""Who asks, and what is stored and told of them."""

from datetime import UTC, datetime

import pytest
from switchboard.domain.principal import Guest, Principal, Service, User
from switchboard.domain.secret import ApiKey, ClientSecret


@pytest.mark.parametrize(
    ("principal", "owner"),
    [(User("x"), "user:x"), (Guest("x"), "guest:x"), (Service("x"), "service:x")],
)
def test_one_id_in_three_kinds_is_three_owners(principal: Principal, owner: str) -> None:
    assert principal.owner == owner


def test_a_user_cannot_name_themselves_into_a_guests_place() -> None:
    assert User("guest:1").owner != Guest("1").owner
    assert User("1").owner != Guest("1").owner


def test_a_guest_is_the_same_owner_fresh_or_known() -> None:
    assert Guest("gst_1", fresh=True).owner == Guest("gst_1").owner


def test_the_upstream_learns_a_stable_hash_and_not_the_name() -> None:
    identifier = User("ann@example.com").safety_identifier
    assert identifier == User("ann@example.com", email="ann@example.com").safety_identifier
    assert identifier != User("bob@example.com").safety_identifier
    assert "ann" not in identifier
    assert len(identifier) == 32


def test_secrets_cannot_print_themselves() -> None:
    secret = ClientSecret("ek_tell_nobody", datetime(2026, 3, 1, tzinfo=UTC))
    key = ApiKey("sk-tell-nobody")
    shown = f"{secret} {secret!r} {[secret]} {key} {key!r} {(key,)}"
    assert "tell" not in shown
    assert "2026-03-01" in repr(secret)
