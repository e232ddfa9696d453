"""Public keys of token issuers in one process's memory, for tests."""

from __future__ import annotations

from switchboard.domain.ports.keys import KeySet


class MemoryKeySets:
    """The key sets."""

    def __init__(self) -> None:
        self._key_sets: dict[str, KeySet] = {}

    def find(self, url: str) -> KeySet | None:
        """Return the keys that were last fetched from there, if they are there."""
        return self._key_sets.get(url)

    def save(self, url: str, keys: KeySet) -> None:
        """Keep the keys in place of older ones."""
        known = self._key_sets.get(url)
        if known is None or known.fetched_at < keys.fetched_at:
            self._key_sets[url] = keys
