"""Quotas: how often somebody may have something, as token buckets that are reserved and given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import ceil
from typing import Literal, Protocol

from switchboard.domain.errors import QuotaExceeded, SwitchboardError
from switchboard.domain.principal import Guest, Principal, User

Scope = Literal["guest", "network", "user", "fleet"]
What = Literal["mint", "log", "chat", "agent"]
Tell = Callable[[str, float, str], None]
"""Count something: the metric's name, its value, its unit."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `tokens` at once; each comes back after an even share of `seconds`."""

    tokens: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Return the allowance of a text such as `20/3600`; `0/60` admits nobody. Raise ValueError."""
        tokens, _, seconds = text.partition("/")
        allowance = cls(int(tokens), int(seconds))
        if not 0 <= allowance.tokens <= 10**9 or not 0 < allowance.seconds <= 10**7:
            raise ValueError(f"an allowance is tokens/seconds, such as 20/3600, not {text!r}")
        return allowance

    @property
    def interval(self) -> int:
        """Microseconds in which one token comes back, rounded up, so that no window holds one too many."""
        return ceil(self.seconds * 10**6 / self.tokens) if self.tokens else self.seconds * 10**6

    def latest(self, now: int) -> int:
        """Return the latest `full_at` with which a bucket still has a token at `now`."""
        return now + (self.tokens - 1) * self.interval


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a token was taken; how many are left; or how many seconds until there is one."""

    admitted: bool
    left: int = 0
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket is one number: when it will be full again, in microseconds since the epoch.

    Taking a token moves that moment one interval on, giving it back moves it back. A moment that has passed
    means a full bucket, so that a bucket which nobody uses needs no row.
    """

    full_at: int = 0

    def take(self, allowance: Allowance, now: int) -> tuple[Bucket, Taken]:
        """Return the bucket with a token less, or the same bucket if it has none."""
        start = max(self.full_at, now)
        late = start - allowance.latest(now)
        if late > 0:
            return self, Taken(False, wait=late / 10**6)
        after = start + allowance.interval
        return Bucket(after), Taken(True, left=left_at(after, allowance, now))

    def give_back(self, allowance: Allowance) -> Bucket:
        """Return the bucket with a token more; a full one stays full."""
        return Bucket(self.full_at - allowance.interval)


def left_at(full_at: int, allowance: Allowance, now: int) -> int:
    """Return how many tokens a bucket has at `now`."""
    return (now + allowance.tokens * allowance.interval - max(full_at, now)) // allowance.interval


def microseconds(moment: datetime) -> int:
    """Return the moment as whole microseconds since the epoch."""
    return round(moment.timestamp() * 10**6)


class Buckets(Protocol):
    """Where buckets are kept. However many ask at once, none takes a token that is not there."""

    def take(self, name: str, allowance: Allowance, now: datetime) -> Taken:
        """Take one token of the bucket, or tell how long it will have none."""

    def give_back(self, name: str, allowance: Allowance) -> None:
        """Put one token back that was taken and not used."""


Reservation = Sequence[tuple[str, Allowance]]
"""The buckets of which a token was taken."""


class Quotas:
    """The quotas of everybody: a token of each bucket that concerns a principal, or of none."""

    def __init__(
        self,
        buckets: Buckets,
        allowances: Mapping[str, Allowance],
        clock: Callable[[], datetime],
        tell: Tell,
    ) -> None:
        self._buckets = buckets
        self._allowances = allowances
        self._clock = clock
        self._tell = tell

    @contextmanager
    def reserved(self, principal: Principal, what: What = "mint") -> Iterator[None]:
        """Reserve while the block runs; if it raises, all is given back. Raise QuotaExceeded."""
        reservation = self.reserve(principal, what)
        try:
            yield
        except Exception:
            self.give_back(reservation)
            raise

    def reserve(self, principal: Principal, what: What = "mint") -> Reservation:
        """Take a token of every bucket that concerns the principal. Raise QuotaExceeded, with none taken."""
        taken: list[tuple[str, Allowance]] = []
        now = self._clock()
        for scope, who in concerned(principal):
            name, allowance = f"{what}:{scope}:{who}", self._allowances[f"{what}:{scope}"]
            try:
                got = self._buckets.take(name, allowance, now)
            except SwitchboardError:
                self.give_back(taken)
                raise
            if not got.admitted:
                self.give_back(taken)
                self._tell(f"Quota{scope.title()}Refusals", 1, "Count")
                raise _exceeded(scope, got)
            taken.append((name, allowance))
            if scope == "fleet" and isinstance(principal, Guest) and what == "mint":
                used = 100 * (allowance.tokens - got.left) / allowance.tokens
                self._tell("FleetUsedWhenGuestsAsk", round(used, 1), "Percent")
        return taken

    def give_back(self, reservation: Reservation) -> None:
        """Put back what was reserved and not used."""
        for name, allowance in reservation:
            self._buckets.give_back(name, allowance)


def concerned(principal: Principal) -> list[tuple[Scope, str]]:
    """Return the buckets that a principal draws on, the smallest first, so that floods end at their source.

    Ids are hashed: a token's subject may be anything, and a bucket's name is a key.
    """
    if isinstance(principal, Guest):
        return [("guest", _short(principal.id)), ("network", principal.network), ("fleet", "all")]
    if isinstance(principal, User):
        return [("user", _short(principal.id)), ("fleet", "all")]
    return [("fleet", "all")]


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _exceeded(scope: Scope, got: Taken) -> QuotaExceeded:
    whose = {
        "guest": "You have used up what a guest is allowed for now.",
        "network": "Guests from your network have used up what they are allowed for now.",
        "user": "You have used up your allowance for now.",
        "fleet": "The service has used up its allowance for now.",
    }
    return QuotaExceeded(whose[scope], details={"quota": scope}, retry_after=max(1, ceil(got.wait)))
