"""What a request shows of who is asking, before anybody has believed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from switchboard.domain.principal import Guest, Principal


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The credentials of one request, unverified; and the address that it came from, which nobody can choose.

    `cookie` is the whole header, `body_token` the body's `supabaseAccessToken`.
    """

    api_key: str | None = None
    bearer: str | None = None
    cookie: str = ""
    body_token: str | None = None
    guest: str | None = None
    address: str = ""


class Identity(Protocol):
    """The one place where credentials become a principal."""

    def resolve(self, credentials: Credentials) -> Principal:
        """Return who asks, by the first that is shown of: API key (a service), bearer token, Supabase cookie,
        the body's token (a user), a guest's token; a fresh guest if nothing is shown.

        Raise Unauthorized for an API key or a user's token that is not good, and for tokens of two users:
        whoever shows one does not mean to be a guest; `details["reason"]` says why. A guest's token that is
        not good makes a fresh guest. Raise IssuerUnavailable if nobody can say whether a token is good.
        """

    def guest_token(self, guest: Guest) -> str:
        """Return the token by which this guest is known again."""
