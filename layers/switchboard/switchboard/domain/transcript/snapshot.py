"""Read the upstream's own picture of an item, as events and retrievals carry it; nothing here raises."""

import re
from collections.abc import Mapping
from typing import Any, Final

from .item import COMPLETED, DRAFT, FINAL, IN_PROGRESS, INCOMPLETE, NO_WORDS, UNKNOWN, Known, News, Part
from .limits import ID_MAX, PARTS_MAX, TEXT_MAX

NOTHING: Final[Mapping[str, Any]] = {}
_BIGGEST: Final = 2**53  # the largest integer that JSON readers agree upon

# What nobody says. In a row each takes six bytes, and half of a surrogate pair cannot be written at all.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

# Content of items and parts of responses have different names for the same thing.
_MEDIUMS: Final = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "input_audio": "audio",
    "output_audio": "audio",
    "audio": "audio",
    "input_image": "image",
}
_PROGRESS: Final = {"in_progress": IN_PROGRESS, "completed": COMPLETED, "incomplete": INCOMPLETE}


def mapping(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under `key`, or an empty one."""
    value = source.get(key)
    return value if type(value) is dict or isinstance(value, Mapping) else NOTHING


def sequence(source: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list under `key`, or an empty one."""
    value = source.get(key)
    return value if isinstance(value, list) else []


def text(source: Mapping[str, Any], key: str) -> str:
    """Return the string under `key`, uncut, or an empty one."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def label(source: Mapping[str, Any], key: str) -> str:
    """Return the id or short name under `key`; empty when it is missing or too long to be one."""
    value = source.get(key)
    return value if isinstance(value, str) and len(value) <= ID_MAX else ""


def cut(words: str) -> str:
    """Return the words as the journal can keep them: up to the limit, a mark for each control character."""
    words = words[:TEXT_MAX]
    return words if words.isprintable() else _UNSPEAKABLE.sub("\ufffd", words)


def number(source: Mapping[str, Any], key: str) -> int | None:
    """Return the count, index or milliseconds under `key`; None when it is nothing of the kind."""
    value = source.get(key)
    if type(value) is int:
        return value if 0 <= value < _BIGGEST else None
    return int(value) if isinstance(value, float) and 0 <= value < _BIGGEST else None


def reason(source: Mapping[str, Any]) -> str:
    """Return the short code of an item's or event's `error`; empty when there is none."""
    error = source.get("error")
    if isinstance(error, Mapping):
        return label(error, "code") or label(error, "type") or "unknown_error"
    return error[:ID_MAX] if isinstance(error, str) else ""


def snapshot(source: Mapping[str, Any], *, final: bool = False) -> News | None:
    """Return what an upstream item says; None if it has no id. `final` says that its event is a last word."""
    item_id = label(source, "id")
    if not item_id:
        return None
    role = label(source, "role")
    kind = label(source, "type") or ("message" if role else UNKNOWN)
    known: Known = {"kind": kind, "progress": _progress(source, kind, role, final)}
    if role:
        known["role"] = role
    if "content" in source:
        _read_parts(source, known)
    if kind != "message":
        _read_tool(source, known)
    phase = label(source, "phase")
    if phase:
        known["phase"] = phase
    return item_id, known


def _read_tool(source: Mapping[str, Any], known: Known) -> None:
    known["name"] = label(source, "name") or label(source, "server_label")
    known["call_id"] = label(source, "call_id")
    known["error"] = reason(source)
    arguments, output = text(source, "arguments"), text(source, "output")
    known["arguments"], known["output"] = cut(arguments), cut(output)
    if len(arguments) > TEXT_MAX or len(output) > TEXT_MAX:
        known["clipped"] = True


def _progress(source: Mapping[str, Any], kind: str, role: str, final: bool) -> int:
    said = _PROGRESS.get(label(source, "status"))
    if said is not None:
        return said
    # What a client puts into the conversation is complete at once, and a tool's output has no status.
    if final or kind == "function_call_output" or role in ("user", "system"):
        return COMPLETED
    return 0


def _read_parts(source: Mapping[str, Any], known: Known) -> None:
    parts = []
    content = sequence(source, "content")
    final = FINAL if known["progress"] >= COMPLETED else DRAFT
    clipped = len(content) > PARTS_MAX
    for index, entry in enumerate(content[:PARTS_MAX]):
        if isinstance(entry, Mapping):
            words = text(entry, "transcript") or text(entry, "text")
            clipped = clipped or len(words) > TEXT_MAX
            rank = final if words else NO_WORDS
            parts.append(Part(index, medium(label(entry, "type")), rank, cut(words)))
    if parts:
        known["parts"] = tuple(parts)
    if clipped:
        known["clipped"] = True


def medium(part_type: str) -> str:
    """Return `text`, `audio` or `image` for any of the upstream's names of them."""
    return _MEDIUMS.get(part_type, "")
