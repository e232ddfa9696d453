"""A small rule engine: what the model answers when somebody has said what it should."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dev.simulator import limits
from dev.simulator.errors import BadScript
from dev.simulator.wire import Json, dump

_CONDITIONS = frozenset(("api", "schema", "model", "input", "instructions", "after", "times"))
_ANSWERS = frozenset(("say", "answer", "fill", "call", "arguments", "refuse", "incomplete"))
_FLAGS = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True)
class Reply:
    """What the model will do: say words, call one function, refuse, or stop short."""

    text: str = ""
    call: str | None = None
    arguments: str = "{}"
    refusal: str | None = None
    incomplete: str | None = None
    fields: Json | None = None  # laid over the default answer of a schema


@dataclass(frozen=True)
class Asked:
    """What a request asks, as far as rules may look. `after` is `user` or `tool`."""

    api: str
    input: str
    instructions: str = ""
    model: str = ""
    schema: str = ""
    after: str = "user"


class Rule:
    """One entry of `answers:`; every condition given must hold."""

    def __init__(self, entry: Json) -> None:
        unknown = set(entry) - _CONDITIONS - _ANSWERS
        if unknown:
            raise BadScript(f"answers: unknown field {sorted(unknown)[0]!r}")
        if not set(entry) & _ANSWERS:
            raise BadScript(f"answers: a rule needs one of {', '.join(sorted(_ANSWERS))}")
        if entry.get("api", "any") not in ("any", "realtime", "responses"):
            raise BadScript("answers: 'api' must be realtime, responses or any")
        self._entry = entry
        self._left: int | None = entry.get("times")
        self._input = _pattern(entry.get("input"))
        self._instructions = _pattern(entry.get("instructions"))
        self._fill = {name: _pattern(pattern) for name, pattern in (entry.get("fill") or {}).items()}

    def reply(self, asked: Asked) -> Reply | None:
        """The reply if the rule holds for what was asked, counted as used."""
        entry = self._entry
        if self._left == 0 or entry.get("api", "any") not in ("any", asked.api):
            return None
        if entry.get("after", "user") != asked.after:
            return None
        if not fnmatch.fnmatchcase(asked.schema, entry.get("schema", "*")):
            return None
        if not fnmatch.fnmatchcase(asked.model, entry.get("model", "*")):
            return None
        found = self._input.search(asked.input) if self._input else None
        if (self._input and not found) or (
            self._instructions and not self._instructions.search(asked.instructions)
        ):
            return None
        if self._left is not None:
            self._left -= 1
        return self._made({k: v or "" for k, v in found.groupdict().items()} if found else {}, asked.input)

    def _made(self, groups: Mapping[str, str], text: str) -> Reply:
        entry = self._entry
        if "call" in entry:
            return Reply(call=entry["call"], arguments=dump(_filled(entry.get("arguments", {}), groups)))
        incomplete = entry.get("incomplete")
        if "refuse" in entry:
            return Reply(refusal=str(entry["refuse"]), incomplete=incomplete)
        if "answer" not in entry and "fill" not in entry:
            return Reply(text=_filled(str(entry.get("say", "")), groups), incomplete=incomplete)
        if "answer" not in entry:
            return Reply(fields=self._filled_from(text), incomplete=incomplete)
        answer = _filled(entry["answer"], groups)
        if isinstance(answer, dict):
            answer = {**answer, **self._filled_from(text)}
        return Reply(text=answer if isinstance(answer, str) else dump(answer), incomplete=incomplete)

    def _filled_from(self, text: str) -> Json:
        values: Json = {}
        for name, pattern in self._fill.items():
            found = pattern.search(text) if pattern else None
            if found:
                values[name] = (found.group(1) if found.groups() else found.group(0)).strip()
        return values


class AnswerBook:
    """Rules in the order in which they are asked: posted ones, then the scripts', newest first."""

    def __init__(self) -> None:
        self._posted: list[Rule] = []
        self._scripts: dict[str, list[Rule]] = {}

    def post(self, entries: list[Json]) -> int:
        """Add rules; the newest post is asked first. Raises BadScript."""
        rules = [Rule(entry) for entry in entries]
        if len(self._posted) + len(rules) > limits.MAX_ANSWERS:
            raise BadScript(f"more than {limits.MAX_ANSWERS} answer rules; delete some first")
        self._posted[:0] = rules
        return len(self._posted)

    def learn(self, script: str, entries: list[Json]) -> None:
        """Take a script's rules; a script played again counts as newest."""
        self._scripts.pop(script, None)
        self._scripts[script] = [Rule(entry) for entry in entries]
        while len(self._scripts) > limits.MAX_SCRIPTS:
            self._scripts.pop(next(iter(self._scripts)))

    def find(self, asked: Asked) -> Reply | None:
        for rules in (self._posted, *reversed(self._scripts.values())):
            for rule in rules:
                reply = rule.reply(asked)
                if reply is not None:
                    return reply
        return None

    def clear_posted(self) -> int:
        forgotten = len(self._posted)
        self._posted.clear()
        return forgotten

    def clear(self) -> None:
        self._posted.clear()
        self._scripts.clear()


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern, _FLAGS)
    except re.error as error:
        raise BadScript(f"answers: {pattern!r} is no regular expression: {error}") from error


def _filled(value: Any, groups: Mapping[str, str]) -> Any:
    """The value with `{name}` replaced by what the rule's pattern caught under that name."""
    if isinstance(value, str):
        for name, caught in groups.items():
            value = value.replace("{" + name + "}", caught)
        return value
    if isinstance(value, dict):
        return {name: _filled(inner, groups) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, groups) for inner in value]
    return value
