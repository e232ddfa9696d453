"""An issuer's public keys: kept in memory and in the table, fetched anew when they are old or lack a key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from switchboard.domain import limits
from switchboard.domain.errors import IssuerUnavailable, SwitchboardError
from switchboard.domain.ports.keys import KeySet, KeySets
from switchboard.upstream.identity.fetch import Fetch, FetchFailed

log = logging.getLogger(__name__)


class Jwks:
    """The keys of one issuer.

    They are asked for again when they are `JWKS_SECONDS` old or a token names one that is not among them, but
    never sooner than `JWKS_FLOOR_SECONDS` after the last time, whoever of all functions that was: tokens with
    made-up key ids cost the issuer nothing. While the issuer is down the old ones go on, for a day.
    """

    def __init__(
        self, url: str, fetch: Fetch, kept: Callable[[], KeySets], clock: Callable[[], datetime]
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._kept = kept
        self._clock = clock
        self._known: KeySet | None = None
        self._tried_at: datetime | None = None
        self._lock = Lock()

    def find(self, key_id: str | None) -> tuple[Mapping[str, Any], ...]:
        """Return the keys of that id, or all if it is None. Raise IssuerUnavailable if nothing is known."""
        with self._lock:
            if self._age() >= limits.JWKS_SECONDS or not self._named(key_id):
                self._refresh(key_id)
            if self._age() >= limits.JWKS_STALE_SECONDS:
                raise IssuerUnavailable(
                    "The issuer of the token cannot be asked for its keys.", retry_after=5
                )
            return self._named(key_id)

    def _refresh(self, key_id: str | None) -> None:
        now = self._clock()
        floor = timedelta(seconds=limits.JWKS_FLOOR_SECONDS)
        if self._tried_at and now - self._tried_at < floor:
            return
        self._tried_at = now
        self._adopt(self._stored())
        fresh_enough = self._age() < limits.JWKS_SECONDS and bool(self._named(key_id))
        if fresh_enough or self._age() < limits.JWKS_FLOOR_SECONDS:
            return
        try:
            status, body = self._fetch(self._url, {})
        except FetchFailed:
            status, body = 0, {}
        keys = body.get("keys")
        if status != 200 or not isinstance(keys, list):
            log.warning("identity.no_keys", extra={"status": status})
            return
        self._adopt(KeySet(tuple(filter(_is_public, keys)), now))
        self._store()

    def _named(self, key_id: str | None) -> tuple[Mapping[str, Any], ...]:
        keys = self._known.keys if self._known else ()
        return tuple(key for key in keys if key_id is None or key.get("kid") == key_id)

    def _age(self) -> float:
        """Return the seconds since the keys were fetched."""
        if self._known is None:
            return float("inf")
        return (self._clock() - self._known.fetched_at).total_seconds()

    def _adopt(self, keys: KeySet | None) -> None:
        if keys and (self._known is None or keys.fetched_at > self._known.fetched_at):
            self._known = keys

    def _stored(self) -> KeySet | None:
        try:
            return self._kept().find(self._url)
        except SwitchboardError:
            return None  # a busy table is no reason to refuse anybody

    def _store(self) -> None:
        if self._known:
            try:
                self._kept().save(self._url, self._known)
            except SwitchboardError:
                log.warning("identity.keys_not_kept")


def _is_public(key: Any) -> bool:
    """Tell a key that may check signatures: never a shared secret, which would be public."""
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"
