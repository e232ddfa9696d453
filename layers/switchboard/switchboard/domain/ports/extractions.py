"""Where extractions are kept."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.extraction import Extraction, Finding


class Extractions(Protocol):
    """Extractions and the findings of their chunks."""

    def find(self, extraction_id: str) -> Extraction | None:
        """Return the extraction, whoever owns it, if there is one."""

    def start(self, extraction: Extraction) -> bool:
        """Store a new attempt; False if that attempt or a later one is stored already."""

    def save(self, extraction: Extraction) -> None:
        """Store the outcome of an attempt, unless a later attempt has begun."""

    def add_finding(self, extraction: Extraction, chunk: int, finding: Finding) -> None:
        """Keep what a chunk yielded; the same again changes nothing."""

    def list_findings(self, extraction: Extraction) -> tuple[Finding, ...]:
        """Return the findings of this attempt in chunk order."""
