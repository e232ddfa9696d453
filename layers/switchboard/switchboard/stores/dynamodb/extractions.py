"""Extractions, the findings of their chunks, and the digests, in the table."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from json import dumps, loads
from typing import Any

from switchboard.domain import limits
from switchboard.domain.extraction import Evidence, Extraction, Finding
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.ports.transcripts import Digest
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

JSON = ("schema", "profile", "evidence")


class DynamoExtractions:
    """The extractions: a row for the newest attempt, and one for each chunk of an attempt."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, extraction_id: str) -> Extraction | None:
        """Return the extraction, whoever owns it, if there is one."""
        row = self._table.get(f"EXTRACTION#{extraction_id}", "EXTRACTION")
        return _extraction(row) if row else None

    def start(self, extraction: Extraction) -> bool:
        """Store a new attempt; False if that attempt or a later one is stored already."""
        return self._put(extraction, "attribute_not_exists(pk) OR attempt < :attempt")

    def save(self, extraction: Extraction) -> None:
        """Store the outcome of an attempt, unless a later attempt has begun."""
        self._put(extraction, "attempt = :attempt")

    def add_finding(self, extraction: Extraction, chunk: int, finding: Finding) -> None:
        """Keep what a chunk yielded; the same again changes nothing."""
        self._table.put(
            {
                "pk": f"EXTRACTION#{extraction.id}",
                "sk": f"CHUNK#{extraction.attempt:04d}#{chunk:04d}",
                "profile": dumps(finding.profile),
                "evidence": dumps([asdict(piece) for piece in finding.evidence]),
                "ttl": _ttl(extraction),
            }
        )

    def list_findings(self, extraction: Extraction) -> tuple[Finding, ...]:
        """Return the findings of this attempt in chunk order."""
        rows = self._table.query(f"EXTRACTION#{extraction.id}", f"CHUNK#{extraction.attempt:04d}#")
        return tuple(Finding(loads(row["profile"]), _evidence(row)) for row in rows)

    def _put(self, extraction: Extraction, condition: str) -> bool:
        row: dict[str, Any] = asdict(extraction)
        row.update({name: dumps(row[name]) for name in JSON if row[name] is not None})
        row["started_at"] = extraction.started_at.isoformat()
        row["pk"], row["sk"], row["ttl"] = f"EXTRACTION#{extraction.id}", "EXTRACTION", _ttl(extraction)
        try:
            self._table.put(row, condition, {"attempt": extraction.attempt})
        except ConditionFailed:
            return False
        return True


class DynamoDigests:
    """The digests: one row a session, overwritten by the next version."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, session_id: str, transcript_version: str) -> Digest | None:
        """Return the digest of that version, if it is there."""
        row = self._table.get(f"SESSION#{session_id}", "DIGEST")
        if row is None or row["version"] != transcript_version:
            return None
        return Digest(row["restored"], row["text"])

    def save(self, session_id: str, transcript_version: str, digest: Digest) -> None:
        """Keep the digest in place of an older one."""
        ttl = int((self._clock() + timedelta(days=limits.DIGEST_DAYS)).timestamp())
        key = {"pk": f"SESSION#{session_id}", "sk": "DIGEST"}
        self._table.put({**key, **asdict(digest), "version": transcript_version, "ttl": ttl})


def _extraction(row: Row) -> Extraction:
    fields = {name: row[name] for name in Extraction.__dataclass_fields__ if name in row}
    fields.update({name: loads(fields[name]) for name in ("schema", "profile") if name in fields})
    fields["started_at"] = datetime.fromisoformat(row["started_at"])
    return Extraction(**{**fields, "evidence": _evidence(row)})


def _evidence(row: Row) -> tuple[Evidence, ...]:
    return tuple(Evidence(piece["field"], tuple(piece["items"])) for piece in loads(row["evidence"]))


def _ttl(extraction: Extraction) -> int:
    return int((extraction.started_at + timedelta(days=limits.EXTRACTION_DAYS)).timestamp())
