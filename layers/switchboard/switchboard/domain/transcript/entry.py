"""Items as the journal keeps them: small JSON objects, one per version, joined again when they are read."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from .item import Item, Part
from .join import join
from .value import Transcript

Entry = Mapping[str, Any]

_DEFAULTS: Final = {field.name: field.default for field in fields(Item) if field.default is not MISSING}
_NUMBERS: Final = frozenset(
    (
        *("seq", "lineage", "progress", "output_index"),
        *("audio_start_ms", "audio_end_ms", "heard_ms", "tool_ms"),
    )
)


def to_entry(item: Item) -> dict[str, Any]:
    """Return the item as JSON: its id and what is known. A part is [index, medium, rank, text]."""
    entry: dict[str, Any] = {"id": item.id}
    for name, default in _DEFAULTS.items():
        value = getattr(item, name)
        if value != default:
            entry[name] = value
    if item.parts:
        entry["parts"] = [[part.index, part.medium, part.rank, part.text] for part in item.parts]
    return entry


def from_entry(entry: Entry) -> Item:
    """Return the item of an entry; numbers may be of any kind, unknown keys are left alone.

    Raise KeyError if it has no id.
    """
    known: dict[str, Any] = {"id": entry["id"]}
    for name in _DEFAULTS:
        value = entry.get(name)
        if value is not None:
            known[name] = int(value) if name in _NUMBERS else value
    known["parts"] = tuple(
        Part(int(index), medium, int(rank), text) for index, medium, rank, text in entry.get("parts") or ()
    )
    return Item(**known)


def merge_entries(entries: Iterable[Entry]) -> Transcript:
    """Return the transcript that the journal's entries tell, in whatever order and how often they come."""
    items: dict[str, Item] = {}
    for entry in entries:
        version = from_entry(entry)
        known = items.get(version.id)
        items[version.id] = version if known is None else join(known, version)
    following = max((item.seq for item in items.values()), default=-1) + 1
    return Transcript(items=items, seq=following)
