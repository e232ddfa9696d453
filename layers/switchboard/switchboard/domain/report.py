"""What a browser says was said, read out of its log as items of a transcript: a claim, bounded in size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from json import dumps
from typing import Any

from switchboard.domain import limits
from switchboard.domain.log import CONTROL, messages_in, speaker_of, tool_calls_in, words_of
from switchboard.domain.transcript import BROWSER, OWN, START, Item, Part, to_entry
from switchboard.domain.transcript.item import COMPLETED, FINAL, INCOMPLETE
from switchboard.domain.transcript.limits import ID_MAX, TEXT_MAX

ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{ID_MAX}}}")
LONGEST_MS = 2**53
"""The largest whole number that every reader of JSON has."""


def report_of(content: Mapping[str, Any]) -> tuple[Item, ...]:
    """Return what the log tells, in its order: of more than `REPORT_ITEMS` or `REPORT_BYTES` the newest.

    `previous` is set where the log names an item's predecessor. A line without an id of its own has one that
    begins with `OWN`. A tool call that does not say behind what it belongs is left out.
    """
    found: dict[str, Item] = {}
    for item in _told(content):
        name = item.id or f"{OWN}{len(found)}"
        known = found.get(name)
        found[name] = replace(item, id=name) if known is None else replace(item, id=name, seq=known.seq)
    return _bounded(list(found.values()))


def _told(content: Mapping[str, Any]) -> Iterator[Item]:
    for message in messages_in(content):
        kind = message.get("type")
        if kind == "function_call_output":
            yield from _answer(message, _begun(message))
        else:
            yield from _call(message) if kind in ("function_call", "mcp_call") else _message(message)
    for call in tool_calls_in(content):
        if _previous(call) is not None:
            yield from _call(call)


def _message(message: Mapping[str, Any]) -> Iterator[Item]:
    text = _clean(words_of(message))
    if text:
        parts = (Part(0, "text", FINAL, text[:TEXT_MAX]),)
        item = replace(_begun(message), kind="message", role=speaker_of(message), parts=parts)
        yield replace(item, clipped=len(text) > TEXT_MAX)


def _call(call: Mapping[str, Any]) -> Iterator[Item]:
    """Yield a tool call and its answer, which stands behind it."""
    name = _label(call, "name", "tool", "toolName")
    if not name:
        return
    begun = _begun(call)
    arguments = _clean(_as_text(_first(call, "arguments", "args", "input")))
    call_id = _label(call, "callId", "call_id")
    asked = replace(begun, kind="function_call", name=name, call_id=call_id, arguments=arguments[:TEXT_MAX])
    yield replace(asked, clipped=len(arguments) > TEXT_MAX)
    if begun.id:
        behind = Item(_label(call, "outputItemId", "output_item_id"), previous=begun.id, source=BROWSER)
        yield from _answer(call, behind)


def _answer(source: Mapping[str, Any], begun: Item) -> Iterator[Item]:
    output = _clean(_as_text(_first(source, "output", "result")))
    if output:
        call_id = _label(source, "callId", "call_id")
        answer = replace(begun, kind="function_call_output", call_id=call_id, progress=COMPLETED)
        yield replace(answer, output=output[:TEXT_MAX], clipped=len(output) > TEXT_MAX)


def _begun(source: Mapping[str, Any]) -> Item:
    """Return what message and tool call have in common."""
    return Item(
        _label(source, "itemId", "item_id", "id"),
        previous=_previous(source),
        progress=INCOMPLETE if source.get("status") == "incomplete" else COMPLETED,
        audio_start_ms=_milliseconds(source, "audioStartMs", "audio_start_ms"),
        audio_end_ms=_milliseconds(source, "audioEndMs", "audio_end_ms"),
        source=BROWSER,
    )


def _previous(source: Mapping[str, Any]) -> str | None:
    for name in ("previousItemId", "previous_item_id"):
        if name in source:
            return START if source[name] in (None, START) else _label(source, name) or None
    return None


def _label(source: Mapping[str, Any], *names: str) -> str:
    """Return the first of these that is an id or a short name; empty if none is."""
    value = _first(source, *names)
    label = value if isinstance(value, str) and ID.fullmatch(value) else ""
    return "" if label.startswith(OWN) or label == START else label


def _milliseconds(source: Mapping[str, Any], *names: str) -> int | None:
    value = _first(source, *names)
    return int(value) if type(value) in (int, float) and 0 <= value < LONGEST_MS else None


def _first(source: Mapping[str, Any], *names: str) -> Any:
    return next((source[name] for name in names if source.get(name) is not None), None)


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return dumps(value, ensure_ascii=False)


def _clean(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text[: 2 * TEXT_MAX]).split())


def _bounded(items: Sequence[Item]) -> tuple[Item, ...]:
    kept: list[Item] = []
    room = limits.REPORT_BYTES
    for item in reversed(items[-limits.REPORT_ITEMS :]):
        room -= len(dumps(to_entry(item)))
        if room < 0:
            break
        kept.append(item)
    return tuple(reversed(kept))
