"""Public keys of token issuers in the table."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps, loads

from switchboard.domain import limits
from switchboard.domain.ports.keys import KeySet
from switchboard.stores.dynamodb.table import ConditionFailed, Table


class DynamoKeySets:
    """The key sets: one row for each place where keys are published."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, url: str) -> KeySet | None:
        """Return the keys that were last fetched from there, if they are there."""
        row = self._table.get(_pk(url), "KEYS")
        return KeySet(tuple(loads(row["keys"])), datetime.fromisoformat(row["fetched_at"])) if row else None

    def save(self, url: str, keys: KeySet) -> None:
        """Keep the keys in place of older ones."""
        fetched_at = keys.fetched_at.isoformat()
        ttl = int((keys.fetched_at + timedelta(seconds=limits.JWKS_STALE_SECONDS)).timestamp())
        row = {
            "pk": _pk(url),
            "sk": "KEYS",
            "keys": dumps(list(keys.keys)),
            "fetched_at": fetched_at,
            "ttl": ttl,
        }
        try:
            self._table.put(row, "attribute_not_exists(pk) OR fetched_at < :mine", {"mine": fetched_at})
        except ConditionFailed:
            return  # somebody has fetched them since


def _pk(url: str) -> str:
    return f"ISSUER#{sha256(url.encode()).hexdigest()[:32]}"
