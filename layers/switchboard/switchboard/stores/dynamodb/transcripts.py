"""Transcript pages in the table: an append-only journal of item versions, fenced by lease number.

A page takes about one kilobyte, one write unit; what is too long for that is packed. Its writer rewrites it
whole until it is full, then opens the next. A host that takes over opens the next page at once, under its own
number: the old host's writes to the tail fail as soon as the tail is taken over, and the page behind it is
not free any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from json import dumps, loads
from typing import Any
from zlib import compress, decompress

from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost, SessionChanged
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

TEXT_BYTES = 900
"""Longest entries that are kept as text: with its keys, a page of them is one write unit."""
NEW_OR_MINE = "attribute_not_exists(pk) OR (lease = :mine AND revision < :revision)"
NOT_NEWER = "attribute_exists(pk) AND lease <= :mine"


class DynamoTranscripts:
    """The transcripts. `ttl` in a page is that of the session when the page was written."""

    def __init__(self, table: Table, lifetime: int, clock: Clock) -> None:
        self._table = table
        self._lifetime = lifetime
        self._clock = clock

    def read(self, session_id: str) -> tuple[tuple[int, tuple[TranscriptPage, ...]], ...]:
        """Return (generation, pages) of every call of the session, both in order."""
        rows = self._table.query(f"SESSION#{session_id}", "PAGE#")
        calls = groupby(rows, key=lambda row: int(row["sk"].split("#")[1]))
        return tuple((generation, tuple(map(_page, pages))) for generation, pages in calls)

    def pages(self, session_id: str, generation: int, after: int = 0) -> tuple[TranscriptPage, ...]:
        """Return one call's pages behind `after` in order, read consistently."""
        prefix = f"PAGE#{generation:08d}#"
        behind = f"{prefix}{after:06d}" if after else None
        return tuple(map(_page, self._table.query(f"SESSION#{session_id}", prefix, after=behind)))

    def seal(self, lease: Lease, after: int) -> int:
        """Open the page behind `after` for this lease, so that no older lease can write.

        Return its number.
        """
        if after:
            self._take_over(lease, after)
        try:
            self._table.put(self._row(lease, after + 1, 0, ()), "attribute_not_exists(pk)")
        except ConditionFailed as error:
            raise SessionChanged("That page exists. Read the pages again.") from error
        return after + 1

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Store the whole page. A repeat, or a late older revision, changes nothing. Raise LeaseLost."""
        try:
            self._table.put(*self._put(lease, number, revision, entries))
        except ConditionFailed as error:
            stored = self._table.get(*_key(lease, number))
            if stored is None or stored["lease"] != lease.number:
                raise LeaseLost("Another host writes this transcript now.") from error

    def write_request(
        self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return the request that `write` makes, for who sends it by themselves; it may be made again."""
        return self._table.put_request(*self._put(lease, number, revision, entries))

    def _put(
        self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]
    ) -> tuple[Row, str, Row]:
        values = {"mine": lease.number, "revision": revision}
        return self._row(lease, number, revision, entries), NEW_OR_MINE, values

    def _take_over(self, lease: Lease, number: int) -> None:
        try:
            self._table.update(
                *_key(lease, number), {"lease": lease.number}, NOT_NEWER, {"mine": lease.number}
            )
        except ConditionFailed as error:
            raise LeaseLost("A newer lease has taken the transcript over.") from error

    def _row(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> Row:
        pk, sk = _key(lease, number)
        return {
            "pk": pk,
            "sk": sk,
            "lease": lease.number,
            "revision": revision,
            **_packed(dumps(list(entries), separators=(",", ":"), ensure_ascii=False)),
            "ttl": int(self._clock().timestamp()) + self._lifetime,
        }


def _key(lease: Lease, number: int) -> tuple[str, str]:
    return f"SESSION#{lease.session_id}", f"PAGE#{lease.generation:08d}#{number:06d}"


def _page(row: Row) -> TranscriptPage:
    number = int(row["sk"].split("#")[2])
    entries = decompress(row["packed"]) if "packed" in row else row["entries"]
    return TranscriptPage(number, row["lease"], row["revision"], tuple(loads(entries)))


def _packed(entries: str) -> Row:
    """Return how a page keeps its entries: as text, or packed where text would take a second write unit."""
    text = entries.encode()
    return {"entries": entries} if len(text) <= TEXT_BYTES else {"packed": compress(text)}
