"""Who asks: API keys, users' tokens wherever they are shown, and signed guests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hmac import compare_digest

from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import IssuerUnavailable, Unauthorized
from switchboard.domain.network import hashed, prefix_of
from switchboard.domain.ports.surroundings import Clock, NewId
from switchboard.domain.principal import Guest, Principal, Service, User
from switchboard.upstream.identity import asymmetric, claims, supabase
from switchboard.upstream.identity.compact import Compact, is_signed_with, sign, take_apart
from switchboard.upstream.identity.jwks import Jwks
from switchboard.upstream.identity.refused import Reason, Refused
from switchboard.upstream.identity.supabase import SupabaseUsers

GUEST_AUDIENCE = "switchboard-guest"
SecretValue = Callable[[], str | None]
"""Return a configured secret; None if there is none. Called only when it is needed."""
MESSAGES: dict[Reason, str] = {
    "wrong_api_key": "The API key is not valid.",
    "no_tokens_accepted": "This deployment accepts no tokens.",
    "credentials_disagree": "The credentials shown are not of one user.",
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose published keys we trust; `users` asks it about each token once more, if it is there."""

    jwks: Jwks
    name: str | None
    users: SupabaseUsers | None = None


class TokenIdentity:
    """Resolves credentials; algorithms, keys, audience and issuer are ours to choose, never the token's."""

    def __init__(
        self,
        *,
        api_key: SecretValue,
        jwt_secret: SecretValue,
        guest_secret: Callable[[], str],
        audience: str | None,
        issuer: str | None,
        clock: Clock,
        new_id: NewId,
        algorithms: Sequence[str] = ("HS256", *asymmetric.KINDS),
        trusted: Issuer | None = None,
        project: str | None = None,
    ) -> None:
        self._api_key = api_key
        self._jwt_secret = jwt_secret
        self._guest_secret = guest_secret
        self._audience = audience
        self._issuer = issuer
        self._clock = clock
        self._new_id = new_id
        self._algorithms = algorithms
        self._trusted = trusted
        self._project = project

    def resolve(self, credentials: Credentials) -> Principal:
        """Return who asks. Raise Unauthorized for an API key or token that is not good."""
        try:
            if credentials.api_key is not None:
                return self._service(credentials.api_key)
            shown = self._shown(credentials)
            if shown:
                return self._agreed(shown)
        except Refused as refused:
            message = MESSAGES.get(refused.reason, "The token is not valid, or has expired.")
            raise Unauthorized(message, details={"reason": refused.reason}) from None
        guest = self._guest(credentials.guest) if credentials.guest is not None else None
        return self._placed(guest or Guest(self._new_id("gst_"), fresh=True), credentials.address)

    def guest_token(self, guest: Guest) -> str:
        """Return the token by which this guest is known again."""
        now = self._clock()
        expires = now + timedelta(days=limits.GUEST_DAYS)
        times = {"iat": int(now.timestamp()), "exp": int(expires.timestamp())}
        return sign({"sub": guest.id, "aud": GUEST_AUDIENCE, **times}, self._guest_secret())

    def _placed(self, guest: Guest, address: str) -> Guest:
        """Return the guest with the network that they ask from."""
        if not address:
            return guest
        return replace(guest, network=hashed(prefix_of(address), self._guest_secret()))

    def _service(self, shown: str) -> Service:
        key = self._api_key()
        if not key or not compare_digest(shown.encode(errors="surrogatepass"), key.encode()):
            raise Refused("wrong_api_key")
        return Service("backend")

    def _shown(self, credentials: Credentials) -> list[str]:
        """Return the users' tokens that are shown, the one that counts first."""
        shown = (credentials.bearer, self._in_cookie(credentials), credentials.body_token)
        return [token for token in dict.fromkeys(shown) if token is not None]

    def _in_cookie(self, credentials: Credentials) -> str | None:
        """Return the cookie's token. Raise Refused for half a cookie, unless something before it counts."""
        if "-auth-token" not in credentials.cookie or not self._accepts_tokens():
            return None
        try:
            return supabase.token_in(credentials.cookie, self._project)
        except Refused:
            if credentials.bearer is None:
                raise
            return None

    def _accepts_tokens(self) -> bool:
        return self._trusted is not None or bool(self._jwt_secret())

    def _agreed(self, shown: list[str]) -> User:
        """Return the first token's user. Raise Refused if it is not good, or another good one disagrees."""
        user = self._user(shown[0])
        for token in shown[1:]:
            try:
                other = self._user(token)
            except (Refused, IssuerUnavailable):
                continue  # what nobody believes contradicts nobody
            if other.id != user.id:
                raise Refused("credentials_disagree")
        return user

    def _user(self, shown: str) -> User:
        token = take_apart(shown)
        if token.algorithm not in self._algorithms:
            raise Refused("algorithm_not_allowed")
        issuer = self._check_signature(token)
        subject = claims.check(token.claims, self._audience, issuer, self._clock())
        if claims.is_for(token.claims, GUEST_AUDIENCE):
            raise Refused("wrong_audience")
        verified = claims.email_verified(token.claims)
        users = self._trusted.users if self._trusted else None
        if users and token.claims.get("iss") == users.issuer:
            confirmed = users.check(shown, subject)
            verified = verified if confirmed is None else confirmed
        email = token.claims.get("email")
        return User(subject, email=email if isinstance(email, str) else None, email_verified=verified)

    def _check_signature(self, token: Compact) -> str | None:
        """Return the issuer that the token must name. The algorithm decides which keys are looked at."""
        if token.algorithm == "HS256":
            secret = self._jwt_secret()
            if not secret:
                raise Refused("algorithm_not_allowed" if self._trusted else "no_tokens_accepted")
            if not is_signed_with(token, secret):
                raise Refused("bad_signature")
            return self._issuer
        if self._trusted is None:
            raise Refused("algorithm_not_allowed")
        asymmetric.check(token, self._trusted.jwks)
        return self._trusted.name

    def _guest(self, shown: str) -> Guest | None:
        try:
            token = take_apart(shown)
            if token.algorithm != "HS256" or not is_signed_with(token, self._guest_secret()):
                return None
            return Guest(claims.check(token.claims, GUEST_AUDIENCE, None, self._clock()))
        except Refused:
            return None
