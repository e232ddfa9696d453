"""Token buckets in the table: one row and one number each, moved by single conditional updates."""

from __future__ import annotations

from datetime import datetime

from switchboard.domain import limits
from switchboard.domain.errors import Throttled
from switchboard.domain.quota import Allowance, Bucket, Taken, left_at, microseconds
from switchboard.stores.dynamodb.table import ConditionFailed, Gain, Table

FULL = "attribute_not_exists(full_at) OR full_at <= :now"
HAS_SOME = "full_at > :now AND full_at <= :latest"


class DynamoBuckets:
    """The buckets. A token is taken by one update, whose condition is that there is one.

    An update cannot say "the later of that moment and now", so there are two: for a bucket that is full,
    and for one that has some left. Their conditions exclude each other.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, name: str, allowance: Allowance, now: datetime) -> Taken:
        """Take one token of the bucket, or tell how long it will have none."""
        at = microseconds(now)
        for _ in range(limits.BUCKET_TRIES):
            after = self._of_a_full(name, allowance, at) or self._of_the_rest(name, allowance, at)
            if after:
                return Taken(True, left=left_at(after, allowance, at))
            row = self._table.get(f"QUOTA#{name}", "BUCKET")
            _, seen = Bucket(row["full_at"] if row else 0).take(allowance, at)
            if not seen.admitted:
                return seen
        raise Throttled("The quotas are busy.", retry_after=1)

    def give_back(self, name: str, allowance: Allowance) -> None:
        """Put one token back that was taken and not used."""
        gain = Gain(
            f"QUOTA#{name}", "BUCKET", {"full_at": -allowance.interval}, {}, "attribute_exists(full_at)"
        )
        try:
            self._table.add(gain)
        except ConditionFailed:
            return  # the row is gone: its bucket is full

    def _of_a_full(self, name: str, allowance: Allowance, now: int) -> int | None:
        if not allowance.tokens:
            return None
        after = now + allowance.interval
        changes = {"full_at": after, "ttl": _ttl(allowance, now)}
        try:
            self._table.update(f"QUOTA#{name}", "BUCKET", changes, FULL, {"now": now})
        except ConditionFailed:
            return None
        return after

    def _of_the_rest(self, name: str, allowance: Allowance, now: int) -> int | None:
        gain = Gain(
            f"QUOTA#{name}",
            "BUCKET",
            {"full_at": allowance.interval},
            {"ttl": _ttl(allowance, now)},
            HAS_SOME,
            {"now": now, "latest": allowance.latest(now)},
        )
        try:
            return int(self._table.add(gain)["full_at"])
        except ConditionFailed:
            return None


def _ttl(allowance: Allowance, now: int) -> int:
    """Return when the bucket is full for certain, so that its row says nothing any more."""
    return now // 10**6 + allowance.seconds + limits.BUCKET_SPARE_SECONDS
