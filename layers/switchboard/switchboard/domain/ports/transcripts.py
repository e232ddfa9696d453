"""Where transcripts are kept, and digests of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from switchboard.domain.call import Lease


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """One stored page of one call's transcript: an append-only journal of item versions.

    `revision` grows with each write of the page; a write under an older one changes nothing.
    """

    number: int
    lease: int
    revision: int
    entries: tuple[Mapping[str, Any], ...]


class Transcripts(Protocol):
    """The transcripts, as pages of item versions per call."""

    def read(self, session_id: str) -> tuple[tuple[int, tuple[TranscriptPage, ...]], ...]:
        """Return (generation, pages) of every call of the session, both in order."""

    def pages(self, session_id: str, generation: int, after: int = 0) -> tuple[TranscriptPage, ...]:
        """Return one call's pages behind `after` in order, as freshly written as can be."""

    def seal(self, lease: Lease, after: int) -> int:
        """Open the page behind `after` for this lease, so that no older lease can write; return its number.

        Raise LeaseLost if a newer lease has done so, SessionChanged if the page exists: read again.
        """

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Store the whole page. A repeat, or a late older revision, changes nothing. Raise LeaseLost."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a new call is told of a transcript, and how whole that is: `full`, `digest` or `none`."""

    restored: str
    text: str


class Digests(Protocol):
    """The digests, one per session: a cache by transcript version."""

    def find(self, session_id: str, transcript_version: str) -> Digest | None:
        """Return the digest of that version, if it is there."""

    def save(self, session_id: str, transcript_version: str, digest: Digest) -> None:
        """Keep the digest in place of an older one."""
