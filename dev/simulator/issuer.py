"""A Supabase-like issuer: keys that it publishes and rotates, tokens, users, sign-out, and bad days."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from dev.simulator.chance import Chance
from dev.simulator.errors import BadScript
from dev.simulator.issuer_keys import ALGORITHMS, KeyPair, make
from dev.simulator.issuer_tokens import CLAIMS, Wanted, signed
from dev.simulator.wire import Json


@dataclass
class Issuer:
    """Keys are made when first needed: an RSA pair takes a tenth of a second."""

    chance: Chance
    down: bool = False
    asked: int = 0
    _keys: list[KeyPair] = field(default_factory=list)
    _users: dict[str, Json] = field(default_factory=dict)

    def published(self) -> Json:
        """What stands at the JWKS address, counted as asked for."""
        self.asked += 1
        return {"keys": [key.public() for key in self._current()]}

    def rotate(self, *, withdraw: bool) -> list[str]:
        """Sign with new keys from now on; the old ones stay published unless withdrawn. The new key ids."""
        old = self._current()
        self._keys = [self._new(key.algorithm) for key in old[: len(ALGORITHMS)]]
        if not withdraw:
            self._keys += old
        return [key.key_id for key in self._keys[: len(ALGORITHMS)]]

    def token(self, wanted: Wanted, algorithm: str, secret: str | None = None) -> str:
        """A token of the wanted kind. Raises BadScript for an unknown kind or algorithm."""
        try:
            key = next(key for key in self._current() if key.algorithm == algorithm)
        except StopIteration:
            raise BadScript(f"no algorithm {algorithm!r}") from None
        token = signed(wanted, key, self._new(key.algorithm), secret)
        if wanted.kind in CLAIMS:
            confirmed = None if wanted.kind in ("unverified", "anonymous") else datetime.now(UTC).isoformat()
            self._users[token] = {
                "id": wanted.subject,
                "aud": wanted.audience,
                "role": "authenticated",
                "email": wanted.email or "",
                "email_confirmed_at": confirmed,
            }
        return token

    def user(self, token: str) -> Json | None:
        """The user whose token it is, unless they have signed out."""
        return self._users.get(token)

    def sign_out(self, token: str) -> bool:
        """Let the token count no more; tell whether it did."""
        return self._users.pop(token, None) is not None

    def clear(self) -> None:
        """Back to the first minute, with the same keys."""
        self.down = False
        self.asked = 0
        self._users.clear()

    def _current(self) -> list[KeyPair]:
        if not self._keys:
            self._keys = [self._new(algorithm) for algorithm in ALGORITHMS]
        return self._keys

    def _new(self, algorithm: str) -> KeyPair:
        wanted = next(name for name in ALGORITHMS if name == algorithm)
        return make(wanted, f"key-{self.chance.hex(12)}")
