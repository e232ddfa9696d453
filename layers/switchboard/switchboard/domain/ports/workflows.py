"""The workflows that run beside requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # read by those who start these two, and by nobody who only renews
    from switchboard.domain.extraction import Extraction
    from switchboard.domain.log import Log


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the renew workflow answers: ids and numbers, never the secret."""

    secret_id: str
    restored: str


class Workflows(Protocol):
    """The workflows."""

    def renew(self, session_id: str) -> Renewal:
        """Run the renewal to its end, and raise the error of the domain that it ended with.

        Raise NotFound, SessionEnded, SessionChanged or an UpstreamError.
        """

    def extract(self, extraction: Extraction) -> None:
        """Start the extraction; the same attempt again is one execution."""

    def summarise(self, log: Log) -> None:
        """Start the summary of a log; the same log again is one execution."""
