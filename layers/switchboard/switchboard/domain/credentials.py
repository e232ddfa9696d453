"""What a request shows of who is asking, before anybody has believed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from switchboard.domain.principal import Guest, Principal


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The credentials of one request, unverified; and the address that it came from, which nobody can choose."""

    api_key: str | None = None
    bearer: str | None = None
    guest: str | None = None
    address: str = ""


class Identity(Protocol):
    """The one place where credentials become a principal."""

    def resolve(self, credentials: Credentials) -> Principal:
        """Return who asks: service, user or guest, in this order; a fresh guest if nothing is shown.

        Raise Unauthorized for an API key or token that is not good: whoever shows one does not mean to be
        a guest. A guest's own token that is not good makes a fresh guest.
        """

    def guest_token(self, guest: Guest) -> str:
        """Return the token by which this guest is known again."""
