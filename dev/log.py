"""One readable log out of everything's output: `time component level message key=value`."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO
from unicodedata import category

_LEVELS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
_COMPONENTS = ("36", "35", "34", "96", "95", "94")

# What a log record tells about the process and not about the event.
_UNINTERESTING = {
    *("level", "message", "timestamp", "time", "event", "location", "service", "cold_start"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id", "sampling_rate"),
    *("xray_trace_id", "logger", "component"),
}
_PHYSICAL_NAME = re.compile(r"^switchboard-(?P<name>\w+?)(?:Function)?-[0-9A-F]{8,}$")
_EMBEDDED_METRICS = "_aws"
_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of what is no character to see: controls, directions, halves, line ends."""


class MergedLog:
    """Write every line as it comes, from any thread; colours only on a terminal."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._colour = out.isatty()
        self._lock = threading.Lock()

    def line(self, component: str, raw: str) -> None:
        """Take one raw line of a process."""
        with self._lock:
            try:
                for text in self._rendered(component, raw.split("\r")):  # the Lambda runtime ends lines so
                    self._out.write(text + "\n")
                self._out.flush()
            except OSError:  # the terminal is closed, and an orderly stop must not end here
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())

    def say(self, sentence: str) -> None:
        """Write one sentence of the launcher itself."""
        self.line("dev", json.dumps({"message": sentence}))

    def _rendered(self, component: str, lines: list[str]) -> Iterator[str]:
        """Render lines that came together; plain ones after the first of a block keep its level."""
        level = ""
        for raw in lines:
            record = _parsed(raw)
            if record is None:
                level = level or _level_of(raw)
                if raw.strip():
                    yield self._text(component, level, raw.rstrip(), {})
                continue
            level = ""
            if "invocation" in record:
                yield from self._invocation(record["invocation"])
            elif _EMBEDDED_METRICS not in record:
                yield self._record(component, record)

    def _invocation(self, invocation: dict[str, Any]) -> Iterator[str]:
        """Render what one run of a function logged, or that it ran if it logged nothing."""
        component = _short_name(invocation["function"])
        shown = list(self._rendered(component, invocation["lines"]))
        yield from shown
        if not shown:
            level = "ERROR" if invocation["error"] else "DEBUG"
            yield self._text(component, level, "ran", {"duration_ms": invocation["duration_ms"]})

    def _record(self, component: str, record: dict[str, Any]) -> str:
        level = str(record.get("level", "INFO")).upper()
        message = record.get("message", record.get("event", ""))
        if isinstance(message, dict):
            message, record = message.get("event", ""), {**record, **message}
        fields = {key: value for key, value in record.items() if key not in _UNINTERESTING}
        return self._text(component, level, str(message), fields)

    def _text(self, component: str, level: str, message: str, fields: dict[str, Any]) -> str:
        at = datetime.now().astimezone().strftime("%H:%M:%S.%f")[:-3]
        pairs = " ".join(f"{self._paint('2', key + '=')}{_value(value)}" for key, value in fields.items())
        shade = _COMPONENTS[sum(component.encode()) % len(_COMPONENTS)]
        parts = (
            self._paint("2", at),
            self._paint(shade, f"{component:<16}"),
            self._paint(_LEVELS.get(level, "0"), f"{level:<7}"),
            _visible(message, but="\t\n"),
            pairs,
        )
        return " ".join(part for part in parts if part)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def _parsed(raw: str) -> dict[str, Any] | None:
    """Return the line's JSON object, or None if it is something else."""
    if not raw.startswith("{"):
        return None
    try:
        record = json.loads(raw)
    except json.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def _level_of(raw: str) -> str:
    """Read a plain line's level: `[ERROR] …` of the Lambda runtime, `… WARNING [name] …` of the engine."""
    return next((level for level in _LEVELS if f"[{level}]" in raw or f" {level} [" in raw), "INFO")


def _short_name(physical: str) -> str:
    """Return `CreateSession` for `switchboard-CreateSessionFunction-0A1B2C…`."""
    match = _PHYSICAL_NAME.match(physical)
    return match["name"] if match else physical


def _value(value: Any) -> str:
    """Write a value so that the line stays readable: bare if it is one word, else as JSON."""
    if isinstance(value, str) and value and not re.search(r"[\s\"=]", value):
        return _visible(value)
    return _visible(json.dumps(value, ensure_ascii=False, default=str))


def _visible(text: str, but: str = "") -> str:
    """Write out what a terminal would obey: callers' names and ids are in the log as they came."""
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if category(char) in _OBEYED and char not in but else char
        for char in text
    )
