"""Where the public keys of issuers are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class KeySet:
    """An issuer's public keys (JWKs), and when they were fetched."""

    keys: tuple[Mapping[str, Any], ...]
    fetched_at: datetime


class KeySets(Protocol):
    """The public keys of issuers, so that a function which has just started need not ask for them."""

    def find(self, url: str) -> KeySet | None:
        """Return the keys that were last fetched from there, if they are there."""

    def save(self, url: str, keys: KeySet) -> None:
        """Keep the keys in place of older ones."""
