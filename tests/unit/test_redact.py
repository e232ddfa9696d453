"""Secrets and personal data are taken out, and what only looks a little like them stays."""

import pytest
from switchboard.domain.redact import KINDS, redact, redact_all

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("my key is sk-proj-abcdefghijkl123456 ok", "my key is [secret] ok"),
        ("use ek_0123456789abcdef0123", "use [secret]"),
        ("ghp_abcdefghijklmnop1234 and xoxb-123456789012-abc", "[secret] and [secret]"),
        (f"token {JWT}!", "token [secret]!"),
        ("AKIAABCDEFGHIJKLMNOP", "[secret]"),
        ("Authorization: Bearer abcdef.ghi-jkl", "Authorization: Bearer [secret]"),
        ("password: hunter22", "password: [secret]"),
        ("the API key is abcd1234", "the API key is [secret]"),
        ("https://bob:s3cr3t@example.com/", "https://[secret]@example.com/"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "[secret]"),
        ("write to ada.l+x@mail.example.co.uk.", "write to [email]."),
        ("card 4111 1111 1111 1111, thanks", "card [card], thanks"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [iban]"),
        ("call +351 912 345 678 or (030) 1234567", "call [phone] or [phone]"),
        ("from 192.0.2.17 today", "from [address] today"),
    ],
)
def test_what_should_not_be_read_is_taken_out(text: str, redacted: str) -> None:
    assert redact(text, KINDS) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Meet me on 2026-11-21 at 19:00, room 4.",
        "The order 4111 1111 1111 1112 is no card, it is number 12 of 345.",
        "It cost 1,234,567.89 euros in 2025.",
        "Ask for the password reset, or sk- as a prefix.",
        "He is @home, and she uses a key board.",
        "version 1.2.3",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text, KINDS) == text


def test_only_the_configured_kinds_are_taken_out() -> None:
    text = "ada@example.com has sk-abcdefghijklmnop"
    assert redact(text, ("secret",)) == "ada@example.com has [secret]"
    assert redact(text, ("email",)) == "[email] has sk-abcdefghijklmnop"
    assert redact(text, ()) == text


def test_a_whole_object_is_redacted_and_keeps_its_form() -> None:
    value = {
        "messages": [{"content": "mail ada@example.com"}],
        "metadata": {"access_token": "x", "tokens": 12, "mcpTokenState": "valid"},
        "n": [1, None, True],
    }
    assert redact_all(value, KINDS) == {
        "messages": [{"content": "mail [email]"}],
        "metadata": {"access_token": "[secret]", "tokens": 12, "mcpTokenState": "valid"},
        "n": [1, None, True],
    }


@pytest.mark.parametrize(
    "piece", ["a", "1 ", "@a.", "0-", "eyJ.", "A1 ", "sk-", "1.1.", "://a:", "-----BEGIN "]
)
def test_no_text_takes_longer_than_its_length_allows(piece: str) -> None:
    redact(piece * (300_000 // len(piece)), KINDS)
