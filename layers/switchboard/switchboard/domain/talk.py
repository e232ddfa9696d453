"""A session's talk: the items of all its calls in order, quoted as lines that a model can cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from json import dumps

from switchboard.domain import limits
from switchboard.domain.ports import TranscriptPage
from switchboard.domain.transcript import Item, merge_entries, order

Talk = tuple[Item, ...]
WORDLESS = frozenset({"in_progress", "pending", "failed", "untranscribed", "lost"})
"""Statuses of items whose words, if there are none, exist somewhere or existed."""


def talk_of(calls: Iterable[tuple[int, Sequence[TranscriptPage]]]) -> Talk:
    """Return the items of a session's calls, each call's in the order of its conversation."""
    return tuple(item for _, item in told_once(calls))


def told_once(calls: Iterable[tuple[int, Sequence[TranscriptPage]]]) -> Iterator[tuple[int, Item]]:
    """Yield (generation, item) of all calls' items in order, less what a browser has told a later call again.

    Left out is only what an earlier call has under the same id, by the same speaker, in the same words: so
    nothing can be hidden from the transcript.
    """
    told: set[tuple[str, str, str]] = set()
    for generation, pages in calls:
        items = items_of(pages)
        yield from ((generation, item) for item in items if _said(item) not in told)
        told.update(_said(item) for item in items if item.text and not item.deleted)


def items_of(pages: Sequence[TranscriptPage]) -> list[Item]:
    """Return one call's items in the order of its conversation."""
    return order(merge_entries(entry for page in pages for entry in page.entries).items.values())


def version_of(talk: Talk) -> str:
    """Return what changes whenever something is said, corrected or withdrawn: 64 bits of a hash."""
    seen = [
        (item.id, item.status, item.text, item.name, item.arguments, item.output, item.deleted)
        for item in talk
    ]
    return sha256(dumps(seen, separators=(",", ":")).encode()).hexdigest()[:16]


def quote(talk: Talk) -> list[tuple[str, str]]:
    """Return (item id, line) of each item that says something, such as `assistant: Hello.`."""
    lines = ((item.id, _line(item)) for item in talk if not item.deleted)
    return [(item_id, line) for item_id, line in lines if line]


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


def _said(item: Item) -> tuple[str, str, str]:
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
