"""The parts that say who is asking, and sign for it."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from switchboard.parts.stores import Stores

if TYPE_CHECKING:
    from switchboard.domain.chat_token import TokenReader, Tokens
    from switchboard.domain.credentials import Identity
    from switchboard.upstream.identity.supabase import SupabaseUsers
    from switchboard.upstream.identity.tokens import Issuer


class Identities(Stores):
    """Who is asking."""

    @cached_property
    def identity(self) -> Identity:
        from switchboard.upstream.identity.supabase import project_of
        from switchboard.upstream.identity.tokens import TokenIdentity

        return TokenIdentity(
            api_key=lambda: self.secret("BACKEND_API_KEY"),
            jwt_secret=lambda: self.secret("JWT_SECRET"),
            guest_secret=lambda: self.required_secret("GUEST_SECRET"),
            audience=self.settings.jwt_audience,
            issuer=self.settings.jwt_issuer,
            clock=self.clock,
            new_id=self.new_id,
            algorithms=self.settings.jwt_algorithms,
            trusted=self.issuer,
            project=project_of(self.settings.supabase_url),
        )

    @cached_property
    def issuer(self) -> Issuer | None:
        """Who signs users' tokens with keys that it publishes, if that is configured."""
        settings = self.settings
        supabase = f"{settings.supabase_url}/auth/v1" if settings.supabase_url else None
        url = settings.jwks_url or (supabase and f"{supabase}/.well-known/jwks.json")
        if not url:
            return None
        from switchboard.upstream.identity.fetch import fetch_json
        from switchboard.upstream.identity.jwks import Jwks
        from switchboard.upstream.identity.tokens import Issuer

        jwks = Jwks(url, fetch_json, lambda: self.key_sets, self.clock)
        return Issuer(jwks, settings.jwt_issuer or supabase, self._supabase_users)

    @cached_property
    def _supabase_users(self) -> SupabaseUsers | None:
        names = ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SERVICE_ROLE_KEY_ARN")
        if not self.settings.supabase_url or not any(map(self._environ.get, names)):
            return None
        from switchboard.upstream.identity.fetch import fetch_json
        from switchboard.upstream.identity.supabase import SupabaseUsers

        key = partial(self.required_secret, "SUPABASE_SERVICE_ROLE_KEY")
        return SupabaseUsers(self.settings.supabase_url, key, fetch_json, self.clock)

    @cached_property
    def tokens(self) -> Tokens:
        from switchboard.upstream.aws.tokens import KmsTokens

        settings = self.settings
        return KmsTokens(self.client("kms"), settings.token_key_ids, settings.token_issuer, self.new_id)

    @cached_property
    def token_reader(self) -> TokenReader:
        from switchboard.upstream.aws.token_reader import JwtReader

        return JwtReader(self.tokens.jwks, self.settings.token_issuer, self.clock)
