"""An issuer without sockets: the simulator's own, asked by plain calls, and an identity that trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.domain.credentials import Credentials
from switchboard.domain.principal import Principal
from switchboard.stores.key_sets import MemoryKeySets
from switchboard.upstream.identity.fetch import FetchFailed
from switchboard.upstream.identity.jwks import Jwks
from switchboard.upstream.identity.supabase import SupabaseUsers
from switchboard.upstream.identity.tokens import Issuer as Trusted
from switchboard.upstream.identity.tokens import TokenIdentity

from dev.simulator.chance import Chance
from dev.simulator.issuer import Issuer
from dev.simulator.issuer_cookies import forms
from dev.simulator.issuer_tokens import Wanted
from tests.unit.fakes import FakeIds

URL = "https://abc.supabase.co"
JWT_SECRET = "jwt-secret-of-the-tests-32-bytes-or-more"
ISSUER = Issuer(Chance(7))
ISSUER.published()
"""One issuer for all tests that do not rotate its keys: an RSA pair takes a tenth of a second."""


class Clock:
    """The real time, as the issuer stamps it, and what a test lets pass on top of it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class House:
    """An identity that trusts a Supabase project, and the requests that it made there."""

    def __init__(self, issuer: Issuer = ISSUER, *, revalidate: bool = False, **changes: Any) -> None:
        self.issuer = issuer
        self.clock = Clock()
        self.kept = MemoryKeySets()
        self.requests: list[str] = []
        self.down = False
        self.identity = self.another(revalidate=revalidate, **changes)

    def another(self, *, revalidate: bool = False, **changes: Any) -> TokenIdentity:
        """Return the identity of another process, which shares nothing but the store."""
        users = SupabaseUsers(URL, lambda: "service-role-key", self.fetch, self.clock) if revalidate else None
        configured: dict[str, Any] = {
            "api_key": lambda: "key-of-the-back-end",
            "jwt_secret": lambda: JWT_SECRET,
            "guest_secret": lambda: "guest-secret-of-the-tests-32-bytes-or-more",
            "audience": "authenticated",
            "issuer": None,
            "clock": self.clock,
            "new_id": FakeIds(),
            "trusted": Trusted(self.keys(), f"{URL}/auth/v1", users),
            "project": "abc",
        }
        return TokenIdentity(**{**configured, **changes})

    def keys(self) -> Jwks:
        """Return the keys as another process knows them."""
        return Jwks(f"{URL}/auth/v1/.well-known/jwks.json", self.fetch, lambda: self.kept, self.clock)

    def fetch(self, url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer as the project would."""
        self.requests.append(url.rpartition("/")[2])
        if self.down:
            raise FetchFailed
        if url.endswith("jwks.json"):
            return 200, self.issuer.published()
        assert headers["apikey"] == "service-role-key"
        user = self.issuer.user(headers["authorization"].removeprefix("Bearer "))
        return (200, user) if user else (403, {"error_code": "session_not_found"})

    def token(self, kind: str = "good", subject: str = "ann", algorithm: str = "ES256") -> str:
        """Return a token of that kind."""
        wanted = Wanted(f"{URL}/auth/v1", subject, f"{subject}@example.com", kind)
        return self.issuer.token(wanted, algorithm, JWT_SECRET)

    def cookie(self, form: str, token: str | None = None, project: str = "abc") -> str:
        """Return a Cookie header with a session in that form, among other people's cookies."""
        values = forms(project, token or self.token(), "ann@example.com")[form]
        return "; ".join(
            f"{name}={value}" for name, value in {"theme": "dark", **values, "_ga": "x=1"}.items()
        )

    def resolve(self, **shown: Any) -> Principal:
        """Return who shows that."""
        return self.identity.resolve(Credentials(**shown))
