"""Where the stories happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dev import tokens


@dataclass(frozen=True)
class World:
    """A running system: its URLs, and what is needed to sign a user's token for it."""

    api_url: str
    simulator_url: str
    engine_url: str
    physical_ids: Mapping[str, str]

    def user_token(self, subject: str) -> str:
        """Return a token of a user with a verified address."""
        return tokens.user_token(self.engine_url, self.physical_ids, subject)
