"""Conversation scripts: read, checked, and kept under a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from dev.simulator import faults, limits
from dev.simulator.answers import Rule
from dev.simulator.errors import BadScript
from dev.simulator.wire import Json

_FIELDS = frozenset(("name", "start", "start_after", "steps", "answers"))
_STEPS: dict[str, tuple[type | tuple[type, ...], frozenset[str]]] = {
    "user": (str, frozenset(("seconds", "heard_as", "transcript_after", "fails"))),
    "assistant": (str, frozenset(("interrupted_after", "unfinished"))),
    "call": (str, frozenset(("arguments", "output", "wait"))),
    "typed": (str, frozenset()),
    "pause": ((int, float), frozenset()),
    "fault": (dict, frozenset()),
    "hangup": (bool, frozenset()),
}
_DEMO = Path(__file__).parent / "scripts" / "demo.yaml"


@dataclass(frozen=True)
class Step:
    """One step: its verb, the verb's value, and the rest of its fields."""

    verb: str
    value: Any
    rest: Json


@dataclass(frozen=True)
class Script:
    """A talk to be played. `start` is `attached` (a sideband listens) or `live` (whoever listens)."""

    name: str
    steps: tuple[Step, ...] = ()
    answers: tuple[Json, ...] = field(default=(), repr=False)
    start: Literal["attached", "live"] = "attached"
    start_after: float = 0.0


def parse(text: str, name: str) -> Script:
    """A script from YAML or JSON text. Raises BadScript."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadScript(f"script {name!r}: {error}") from error
    return checked(data, name)


def checked(data: object, name: str) -> Script:
    """A script from its parsed form. Raises BadScript, which names the step."""
    if not isinstance(data, dict):
        raise BadScript(f"script {name!r}: expected a mapping with 'steps'")
    name = str(data.get("name", name))
    if set(data) - _FIELDS:
        raise BadScript(f"script {name!r}: unknown field {sorted(set(data) - _FIELDS)[0]!r}")
    start = data.get("start", "attached")
    if start not in ("attached", "live"):
        raise BadScript(f"script {name!r}: 'start' must be attached or live")
    steps = tuple(
        _step(step, f"script {name!r}, step {at}") for at, step in enumerate(data.get("steps") or [], 1)
    )
    for at, step in enumerate(steps, 1):
        following = steps[at].verb if at < len(steps) else None
        if "interrupted_after" in step.rest and following != "user":
            raise BadScript(f"script {name!r}, step {at}: an interruption needs a 'user' step after it")
    answers = tuple(data.get("answers") or ())
    for entry in answers:
        Rule(entry)
    return Script(name, steps, answers, start, float(data.get("start_after", 0.0)))


def _step(step: object, place: str) -> Step:
    if not isinstance(step, dict):
        raise BadScript(f"{place}: expected a mapping")
    verbs = [verb for verb in _STEPS if verb in step]
    if len(verbs) != 1:
        raise BadScript(f"{place}: needs exactly one of {', '.join(_STEPS)}")
    verb = verbs[0]
    kind, fields = _STEPS[verb]
    if not isinstance(step[verb], kind):
        raise BadScript(f"{place}: {verb!r} has the wrong type")
    rest = {name: value for name, value in step.items() if name != verb}
    if set(rest) - fields:
        raise BadScript(f"{place}: {verb!r} does not know {sorted(set(rest) - fields)[0]!r}")
    if verb == "fault":
        _check_fault(step[verb], place)
    return Step(verb, step[verb], rest)


def _check_fault(order: Json, place: str) -> None:
    try:
        faults.check(order)
    except BadScript as error:
        raise BadScript(f"{place}: {error}") from error


class Library:
    """Scripts by name, the demo among them, and the one that calls get by default."""

    def __init__(self, scripts: Mapping[str, Json], default: str | None) -> None:
        self._given = dict(scripts)
        self._given_default = default
        self.reset()

    def reset(self) -> None:
        """Back to what the simulator was started with."""
        demo = parse(_DEMO.read_text(encoding="utf-8"), "demo")
        self._scripts = {demo.name: demo}
        for name, data in self._given.items():
            self.put(checked(data, name), name)
        self.default = self.get(self._given_default) if self._given_default else None

    def put(self, script: Script, name: str | None = None) -> None:
        if len(self._scripts) >= limits.MAX_SCRIPTS and script.name not in self._scripts:
            raise BadScript(f"more than {limits.MAX_SCRIPTS} scripts")
        self._scripts[name or script.name] = script

    def get(self, name: str) -> Script:
        """The script of that name. Raises BadScript if there is none."""
        if name not in self._scripts:
            raise BadScript(f"no script called {name!r}; there are {', '.join(sorted(self._scripts))}")
        return self._scripts[name]

    def names(self) -> list[str]:
        return sorted(self._scripts)

    def chosen(self, marker: str | None) -> Script | None:
        """The script for a call: the marker's, none for `none`, else the default. Raises BadScript."""
        if marker is None:
            return self.default
        return None if marker == "none" else self.get(marker)
