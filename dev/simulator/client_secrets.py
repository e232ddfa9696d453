"""Client secrets: minted, found until they expire, and forgotten oldest first."""

from collections import OrderedDict
from dataclasses import dataclass, field

from dev.simulator import limits
from dev.simulator.chance import Chance
from dev.simulator.errors import ApiError, EventRefused
from dev.simulator.pace import Pace
from dev.simulator.session_config import new_session
from dev.simulator.shapes import MINT, check_body
from dev.simulator.wire import Json


@dataclass(frozen=True)
class ClientSecret:
    """A minted `ek_…` and the session configuration bound to it. Prints without its value."""

    value: str = field(repr=False)
    expires_at: int
    session: Json = field(repr=False)
    asked: Json = field(repr=False)
    script: str | None = None
    safety_identifier: str | None = None


class ClientSecrets:
    """The secrets that are still worth something, bounded."""

    def __init__(self, chance: Chance, pace: Pace, capacity: int) -> None:
        self._chance = chance
        self._pace = pace
        self._capacity = capacity
        self._secrets: OrderedDict[str, ClientSecret] = OrderedDict()

    def __len__(self) -> int:
        return len(self._secrets)

    def mint(
        self, body: Json, *, script: str | None = None, safety_identifier: str | None = None
    ) -> ClientSecret:
        """Mint a secret for a request body. Raises ApiError 400. The model is not checked here."""
        check_body(body, MINT)
        seconds = _lifetime(body.get("expires_after"))
        asked = body.get("session") or {"type": "realtime"}
        try:
            session = new_session(self._chance.id("sess"), asked)
        except EventRefused as refused:
            raise ApiError(400, refused.message, refused.code, param=refused.param) from refused
        secret = ClientSecret(
            value=f"ek_{self._chance.hex(32)}",
            expires_at=int(self._pace.now()) + seconds,
            session=session,
            asked=asked,
            script=script,
            safety_identifier=safety_identifier,
        )
        self._secrets[secret.value] = secret
        while len(self._secrets) > self._capacity:
            self._secrets.popitem(last=False)
        return secret

    def find(self, value: str) -> ClientSecret | None:
        """The secret, or None if it is unknown or has expired."""
        secret = self._secrets.get(value)
        if secret is not None and secret.expires_at <= self._pace.now():
            return None
        return secret

    def clear(self) -> None:
        self._secrets.clear()


def _lifetime(expires_after: Json | None) -> int:
    if expires_after is None:
        return limits.SECRET_SECONDS_DEFAULT
    anchor = expires_after.get("anchor", "created_at")
    if anchor != "created_at":
        raise ApiError(
            400,
            f"Invalid value: '{anchor}'. Supported values are: 'created_at'.",
            "invalid_value",
            param="expires_after.anchor",
        )
    seconds = expires_after.get("seconds", limits.SECRET_SECONDS_DEFAULT)
    if type(seconds) is not int:
        raise ApiError(
            400, "Invalid type for 'expires_after.seconds'.", "invalid_type", param="expires_after.seconds"
        )
    if not limits.SECRET_SECONDS_MIN <= seconds <= limits.SECRET_SECONDS_MAX:
        low = seconds < limits.SECRET_SECONDS_MIN
        raise ApiError(
            400,
            f"Invalid 'expires_after.seconds': integer {'below minimum' if low else 'above maximum'} value. "
            f"Expected a value between {limits.SECRET_SECONDS_MIN} and {limits.SECRET_SECONDS_MAX}, "
            f"but got {seconds} instead.",
            f"integer_{'below_min' if low else 'above_max'}_value",
            param="expires_after.seconds",
        )
    return seconds
