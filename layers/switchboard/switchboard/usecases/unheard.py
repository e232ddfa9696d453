"""The end of a transcript that no host could end: what was not heard shows, what is unfinished is final."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.call import Lease
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.transcript import Item, changed, close, forget, merge_entries, tear, to_entry


class HasTranscripts(Protocol):
    """Where the pages are."""

    transcripts: Transcripts


def close_unheard(lease: Lease, deps: HasTranscripts) -> None:
    """Write a gap behind what was heard of the call; a repeat changes nothing.

    Raise LeaseLost if a newer lease has the transcript, SessionChanged if its last host writes yet.
    """
    last, due = _due(lease, deps)
    if not due:
        return
    number = deps.transcripts.seal(lease, last)
    _, due = _due(lease, deps)  # the last host may have written until then
    deps.transcripts.write(lease, number, 1, [to_entry(item) for item in due])


def _due(lease: Lease, deps: HasTranscripts) -> tuple[int, tuple[Item, ...]]:
    """Return the number of the last page, and what it does not tell."""
    pages = deps.transcripts.pages(lease.session_id, lease.generation)
    told = merge_entries(entry for page in pages for entry in page.entries)
    told = forget(told, told.items.values())  # else a long call has no room for a gap
    over = close(tear(told, f"gap_{lease.number}_1"))
    return pages[-1].number if pages else 0, changed(told, over)
