"""Take secrets and personal data out of words, before anybody keeps or reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

Kind = str
KINDS = ("secret", "email", "card", "iban", "phone", "address")
"""What can be taken out; `address` is a network address."""

# Each of these runs in time proportional to the text: no repetition stands inside another.
SECRETS = re.compile(
    r"\b(?:sk|pk|rk|ek|ak|sess|xox[abprs]|gh[pousr]|glpat|whsec|shp)[-_][A-Za-z0-9_-]{12,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bAIza[A-Za-z0-9_-]{30,}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<=://)[^\s/:@]{1,64}:[^\s/@]{1,64}(?=@)"
)
ASSIGNED = re.compile(
    r"(?i)\b(pass(?:word|phrase|wd)?|pwd|secret|api[ _-]?key|token|access[ _-]?key|client[ _-]?secret)"
    r"(\s{0,3}[:=]\s{0,3}|\s{1,3}is\s{1,3})(['\"]?)([^\s'\",;]{4,})"
)
SECRET_FIELD = re.compile(r"(?i)(pass(word|wd|phrase)?|secret|token|api[_-]?key|authorization|cookie)s?$")
SHORTEST = 8
"""Texts below this hold nothing of what is looked for."""
PERSONAL: dict[Kind, re.Pattern[str]] = {
    "email": re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"),
    "card": re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00)?\(?\d{2,4}\)?(?:[ ./-]?\d{2,5}){2,5}(?![\w.]?\d)"),
    "address": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
}


def redact(text: str, kinds: Collection[Kind]) -> str:
    """Return the text with `[secret]`, `[email]` … in place of what is of these kinds."""
    if len(text) < SHORTEST:
        return text
    if "secret" in kinds:
        text = ASSIGNED.sub(r"\1\2\3[secret]", SECRETS.sub("[secret]", text))
    for kind, pattern in PERSONAL.items():
        if kind in kinds:
            text = pattern.sub(_replacer(kind), text)
    return text


def redact_all(value: Any, kinds: Collection[Kind]) -> Any:
    """Return a JSON value whose texts are redacted; names of fields that hold secrets lose their value."""
    if isinstance(value, str):
        return redact(value, kinds)
    if isinstance(value, list):
        return [redact_all(each, kinds) for each in value]
    if isinstance(value, dict):
        return {
            redact(name, kinds): "[secret]"
            if "secret" in kinds and isinstance(each, str) and SECRET_FIELD.search(name)
            else redact_all(each, kinds)
            for name, each in value.items()
        }
    return value


def _replacer(kind: Kind) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])
        if kind == "card" and not _is_card(digits):
            return found[0]
        if kind == "phone" and not _is_phone(found[0], digits):
            return found[0]
        return f"[{kind}]"

    return replaced


def _is_phone(text: str, digits: str) -> bool:
    """Tell a telephone number from a date or a count: it begins like one, or is as long as one."""
    return 7 <= len(digits) <= 15 if text[0] in "+(0" else 10 <= len(digits) <= 12


def _is_card(digits: str) -> bool:
    """Tell whether the last digit checks the others (Luhn), as on every card."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
