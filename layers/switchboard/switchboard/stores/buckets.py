"""Token buckets in one process's memory, for tests."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from switchboard.domain.quota import Allowance, Bucket, Taken, microseconds


class MemoryBuckets:
    """The buckets."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def take(self, name: str, allowance: Allowance, now: datetime) -> Taken:
        """Take one token of the bucket, or tell how long it will have none."""
        with self._lock:
            bucket = self._buckets.get(name, Bucket())
            self._buckets[name], taken = bucket.take(allowance, microseconds(now))
            return taken

    def give_back(self, name: str, allowance: Allowance) -> None:
        """Put one token back that was taken and not used."""
        with self._lock:
            if name in self._buckets:
                self._buckets[name] = self._buckets[name].give_back(allowance)
