"""A log: what a browser uploads at the end of a session. It is telemetry, not truth, and anybody's text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any, Literal

from switchboard.domain import limits

Status = Literal["received", "summarised", "failed"]
Outcome = Literal["kept", "known", "nothing_to_keep", "tried_to_instruct", "opted_out", "not_a_user"]
"""What became of a log's summary as a memory."""
MESSAGES = ("messages", "transcript", "history", "items")
TOOL_CALLS = ("toolCalls", "tool_calls", "tools")
TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,200}>")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class Log:
    """The record of one log; its content is kept beside it.

    `session_id` is a session of the same owner, or None. `analytics` holds counts and short names, no words.
    """

    id: str
    owner: str
    session_id: str | None
    received_at: datetime
    size: int
    status: Status = "received"
    summary: str | None = None
    suspicious: bool = False
    outcome: Outcome | None = None
    error: str | None = None
    analytics: dict[str, Any] = field(default_factory=dict)

    def analysed(self, analytics: dict[str, Any]) -> Log:
        """Return the log with what was counted in it."""
        return replace(self, analytics=analytics)

    def digested(self, summary: str, *, suspicious: bool) -> Log:
        """Return the log with its summary."""
        return replace(self, summary=summary, suspicious=suspicious)

    def done(self, outcome: Outcome) -> Log:
        """Return the log, at the end of its way."""
        return replace(self, status="summarised", outcome=outcome, error=None)

    def fail(self, error: str) -> Log:
        """Return the log as one whose summary failed; one that has succeeded stays so."""
        return self if self.status == "summarised" else replace(self, status="failed", error=error)


@dataclass(frozen=True, slots=True)
class LogPart:
    """The summary of one part of a log, and whether its words tried to give orders."""

    summary: str
    suspicious: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the browser says was said or done; `item_id` is the upstream's, if it is told."""

    speaker: str
    text: str
    item_id: str | None = None


def log_id(owner: str, content: Mapping[str, Any]) -> str:
    """Return the id of a log: the same content of the same user is the same log.

    Guests share one owner here: a guest without a cookie is another guest with each beacon.
    """
    whose = "guest" if owner.startswith("guest:") else owner
    text = dumps(content, sort_keys=True, separators=(",", ":"))
    return "log_" + sha256(f"{whose}\n{text}".encode()).hexdigest()[:32]


def session_id_of(content: Mapping[str, Any]) -> str | None:
    """Return the session of ours that the log names, if it names one."""
    for holder in (content, _object(content.get("metadata")), _object(content.get("dexter_session"))):
        for name in ("sessionId", "session_id"):
            value = holder.get(name)
            if isinstance(value, str) and re.fullmatch(r"sess_[0-9a-f]{32}", value):
                return value
    return None


def is_too_deep(content: Any) -> bool:
    """Tell whether the content nests deeper than `LOG_DEPTH`; looks without climbing in itself."""
    level: list[Any] = [content]
    for _ in range(limits.LOG_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def lines_of(content: Mapping[str, Any]) -> list[Line]:
    """Return what was said and done, in the log's order; what is no message or tool call is left out."""
    spoken = [line for each in messages_in(content) if (line := _message(each))]
    called = [line for each in tool_calls_in(content) if (line := _tool_call(each))]
    return spoken + called


def messages_in(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the log's messages as they came, by whatever name the page has for them."""
    return [each for each in _first_list(content, MESSAGES) if isinstance(each, dict)]


def tool_calls_in(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the log's tool calls as they came."""
    return [each for each in _first_list(content, TOOL_CALLS) if isinstance(each, dict)]


def speaker_of(message: Mapping[str, Any]) -> str:
    """Return `user`, `assistant` or `system`; empty if it is none of them."""
    speaker = message.get("role") or message.get("speaker")
    return speaker if speaker in ("user", "assistant", "system") else ""


def words_of(message: Mapping[str, Any]) -> str:
    """Return the words of a message in whatever shape the page keeps them, uncut."""
    return " ".join(_texts(message, 0))


def analytics_of(content: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, Any]:
    """Return counts and short names out of a log: nothing that anybody said."""
    metadata = _object(content.get("metadata"))
    names = {
        "model": ("model", "modelHint"),
        "voice": ("voice", "voiceHint"),
        "agent": ("agentName", "agent_name", "agent"),
        "mcp_token_state": ("mcpTokenState", "mcp_token_state", "mcp"),
    }
    found = {
        ours: _name(next((metadata[each] for each in theirs if each in metadata), None))
        for ours, theirs in names.items()
    }
    speakers = [line.speaker for line in lines]
    return {
        **{name: value for name, value in found.items() if value},
        "messages": sum(not speaker.startswith("tool") for speaker in speakers),
        "user_messages": speakers.count("user"),
        "assistant_messages": speakers.count("assistant"),
        "tool_calls": sum(speaker.startswith("tool") for speaker in speakers),
    }


def merge(lines: Sequence[Line], talk: Sequence[tuple[str, str]], claimed: Collection[str] = ()) -> list[str]:
    """Return the browser's lines and the sideband's (item id, line) as one talk, each labelled by its source.

    The sideband's order and words count. What only the browser tells stands behind what it told it after, or
    where it fills a gap of the sideband's: these items are `claimed`.
    """
    by_id = {item_id: place for place, (item_id, _) in enumerate(talk)}
    by_words: dict[str, list[int]] = {}
    for spot in reversed(range(len(talk))):
        by_words.setdefault(_same(talk[spot][1]), []).append(spot)
    only_browser: dict[int, list[Line]] = {}
    seen: set[int] = set()
    last = -1
    for line in lines:
        alike = by_words.get(_same(f"{line.speaker}: {line.text}"))
        place = by_id.get(line.item_id or "", alike.pop() if alike else None)
        if place is None:
            only_browser.setdefault(last, []).append(line)
        else:
            seen.add(place)
            last = place
    merged = [_labelled("browser", line) for line in only_browser.get(-1, [])]
    for spot, (item_id, words) in enumerate(talk):
        source = "browser" if item_id in claimed else "both" if spot in seen else "sideband"
        merged.append(f"[{source}] {words}")
        merged += [_labelled("browser", line) for line in only_browser.get(spot, [])]
    return merged


def bounded(lines: Sequence[str], most: int) -> list[str]:
    """Return at most that many lines: the first and the last, and how many are missing between them."""
    if len(lines) <= most:
        return list(lines)
    half = most // 2
    return [*lines[:half], f"[…] {len(lines) - 2 * half} lines left out", *lines[-half:]]


def plain(text: str) -> str:
    """Return the text as one line, without markup and invisible marks, cut in its middle if it is long."""
    text = " ".join(CONTROL.sub(" ", TAG.sub(" ", text[: 4 * limits.ITEM_QUOTE_CHARS])).split())
    if len(text) <= limits.ITEM_QUOTE_CHARS:
        return text
    half = limits.ITEM_QUOTE_CHARS // 2 - 3
    return f"{text[:half]} […] {text[-half:]}"


def _labelled(source: str, line: Line) -> str:
    return f"[{source}] {line.speaker}: {line.text}"


def _same(line: str) -> str:
    return " ".join(re.findall(r"\w+", line.casefold()))


def _first_list(content: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    return next((value for name in names if isinstance(value := content.get(name), list)), [])


def _message(message: Mapping[str, Any]) -> Line | None:
    text = plain(words_of(message))
    item_id = next((message[name] for name in ("itemId", "item_id", "id") if name in message), None)
    speaker = speaker_of(message) or "unknown"
    return Line(speaker, text, item_id if isinstance(item_id, str) else None) if text else None


def _tool_call(call: Mapping[str, Any]) -> Line | None:
    name = _name(call.get("name") or call.get("tool") or call.get("toolName"))
    if not name:
        return None
    parts = [call.get(each) for each in ("arguments", "args", "input", "output", "result") if each in call]
    return Line(f"tool call {name}", plain(" -> ".join(map(_as_text, parts))))


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yield the words of a message: a text, a list of parts, or an object with one of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 4:
        for each in value[: limits.LOG_PARTS]:
            yield from _texts(each, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        for name in ("text", "transcript", "content"):
            if value.get(name):
                yield from _texts(value[name], depth + 1)
                return


def _as_text(value: Any) -> str:
    return (
        value if isinstance(value, str) else dumps(value, ensure_ascii=False)[: 4 * limits.ITEM_QUOTE_CHARS]
    )


def _name(value: Any) -> str:
    """Return a short name, or nothing: letters, digits and a few marks."""
    text = value if isinstance(value, str) else ""
    return re.sub(r"[^\w .:/-]", "", text)[:64].strip()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
