"""Take over a call's transcript so that no earlier host can write to it any more."""

from __future__ import annotations

from switchboard.domain.call import Lease
from switchboard.domain.errors import SessionChanged
from switchboard.domain.transcript import Transcript

from sideband.deps import Shared
from sideband.journal import Journal


async def open_journal(lease: Lease, shared: Shared) -> Journal:
    """Return the journal to go on with. Raise LeaseLost.

    The pages are read again behind the seal: the earlier host may have written until then.
    """
    if lease.number == 1:  # nobody was here before
        journal = Journal(Transcript(), 1)
        journal.open("gap_1_0")
        return journal
    transcripts = shared.deps.transcripts
    while True:
        pages = await shared.insist(transcripts.pages, lease.session_id, lease.generation)
        try:
            number = await shared.insist(transcripts.seal, lease, pages[-1].number if pages else 0)
        except SessionChanged:
            continue
        pages = await shared.insist(transcripts.pages, lease.session_id, lease.generation)
        return Journal.of_pages(pages, number)
