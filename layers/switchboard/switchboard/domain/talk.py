"""A session's talk: the items of all its calls in order, quoted as lines that a model can cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Protocol

from switchboard.domain import limits
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.transcript import BROWSER, Item, Report, merge_entries, order

Talk = tuple[Item, ...]
WORDLESS = frozenset({"in_progress", "pending", "failed", "untranscribed", "lost"})
"""Statuses of items whose words, if there are none, exist somewhere or existed."""
CLAIMED = " [as the browser tells]"
"""What is written behind a line that no host has heard."""


class Reports(Protocol):
    """What browsers report of their sessions, one report for each log."""

    def add(self, session_id: str, log_id: str, received_at: datetime, items: Sequence[Item]) -> None:
        """Keep what the log reports, and that it is the session's; the same log again changes nothing."""

    def list(self, session_id: str) -> tuple[Report, ...]:
        """Return the newest reports, newest first, at most `REPORTS_MAX`."""

    def log_ids(self, session_id: str, limit: int) -> tuple[str, ...]:
        """Return the ids of the session's newest logs, newest first."""


def told_once(calls: Iterable[tuple[int, Sequence[TranscriptPage]]]) -> Iterator[tuple[int, Item]]:
    """Yield (generation, item) of all calls' items in order, less what a browser has told a later call again.

    Left out is only what an earlier call has under the same id, by the same speaker, in the same words: so
    nothing can be hidden from the transcript.
    """
    told: set[tuple[str, str, str]] = set()
    for generation, pages in calls:
        items = items_of(pages)
        yield from ((generation, item) for item in items if said_as(item) not in told)
        told.update(said_as(item) for item in items if item.text and not item.deleted)


def items_of(pages: Sequence[TranscriptPage]) -> list[Item]:
    """Return one call's items in the order of its conversation."""
    return order(merge_entries(entry for page in pages for entry in page.entries).items.values())


def unspoken(calls: Iterable[tuple[int, Sequence[TranscriptPage]]]) -> set[str]:
    """Return the ids of items that were heard and are no part of the conversation."""
    entries = (entry for _, pages in calls for page in pages for entry in page.entries)
    return {item.id for item in merge_entries(entries).items.values() if item.is_aside}


def version_of(talk: Talk) -> str:
    """Return what changes whenever something is said, corrected or withdrawn: 64 bits of a hash."""
    seen = [
        (item.id, item.status, item.text, item.name, item.arguments, item.output, item.deleted)
        for item in talk
    ]
    return sha256(dumps(seen, separators=(",", ":")).encode()).hexdigest()[:16]


def quote(talk: Talk, claimed: str = CLAIMED) -> list[tuple[str, str]]:
    """Return (item id, line) of each item that says something, such as `assistant: Hello.`.

    `claimed` ends the lines that are a browser's word.
    """
    lines = ((item, _line(item)) for item in talk if not item.deleted)
    return [(item.id, line + claimed * (item.source == BROWSER)) for item, line in lines if line]


def is_whole(talk: Talk) -> bool:
    """Tell whether `quote` gives all that was said: nothing cut, and no words still awaited or lost."""
    return not any(_is_cut(item) or _is_wordless(item) for item in talk if not item.deleted)


def chunk(lines: Sequence[tuple[str, str]], size: int) -> list[list[tuple[str, str]]]:
    """Cut the lines into runs of at most `size` characters; a longer line is a run of its own."""
    chunks: list[list[tuple[str, str]]] = []
    room = 0
    for item_id, line in lines:
        if not chunks or len(line) > room:
            chunks.append([])
            room = size
        chunks[-1].append((item_id, line))
        room -= len(line) + 1
    return chunks


def said_as(item: Item) -> tuple[str, str, str]:
    """Return what two items have in common of which a later call's is a repeat: id, speaker and words."""
    return item.id, item.role, " ".join(item.text.split())


def _line(item: Item) -> str:
    if item.kind == "function_call":
        return f"tool call {_shorten(item.name)}: {_shorten(item.arguments)}"
    if item.kind == "function_call_output":
        return f"tool answer: {_shorten(item.output)}"
    words = _shorten(item.text)
    if not words:
        return ""
    mark = " [interrupted]" if item.interrupted else ""
    return f"{item.role or 'unknown'}: {words}{mark}"


def _is_cut(item: Item) -> bool:
    longest = max(len(item.text), len(item.arguments), len(item.output))
    return item.clipped or longest > limits.ITEM_QUOTE_CHARS


def _is_wordless(item: Item) -> bool:
    """Tell of an item that was heard, but not in words; a reply that failed before its first word is none."""
    failed_reply = item.status == "failed" and not item.is_user_audio
    return not _line(item) and item.status in WORDLESS and not failed_reply


def _shorten(words: str) -> str:
    words = " ".join(words.split())
    if len(words) <= limits.ITEM_QUOTE_CHARS:
        return words
    half = limits.ITEM_QUOTE_CHARS // 2 - 3
    return f"{words[:half]} […] {words[-half:]}"
