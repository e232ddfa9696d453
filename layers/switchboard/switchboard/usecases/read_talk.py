"""What all who read a session's words read: what the sideband heard, its gaps filled by the browser."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.talk import Reports, Talk, told_once, unspoken
from switchboard.domain.transcript import Item, fill, is_open


class Sources(Protocol):
    """Where the words are."""

    transcripts: Transcripts
    reports: Reports


def read_items(session_id: str, sources: Sources) -> list[tuple[int, Item]]:
    """Return (generation, item) of all that was said in the session, in order.

    Reports are read only if something is missing: most talks are whole.
    """
    calls = sources.transcripts.read(session_id)
    heard = list(told_once(calls))
    if not any(is_open(item) for _, item in heard):
        return heard
    reports = sources.reports.list(session_id)
    return fill(heard, reports, unspoken(calls)) if reports else heard


def read_talk(session_id: str, sources: Sources) -> Talk:
    """Return the items of all of the session's calls, in order."""
    return tuple(item for _, item in read_items(session_id, sources))
