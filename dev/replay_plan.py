"""The plan of a replay: the order of the sample requests, and what one answer lends to the next."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dev.shape import shape_of

_PLACEHOLDER = re.compile(r"\$\{([a-z_]+\.[\w.-]+)\}")


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is parsed if it is JSON."""

    status: int
    headers: dict[str, str]
    body: Any
    milliseconds: float

    def shape(self, *, with_body: bool = True) -> dict[str, Any]:
        """Return what is recorded of it."""
        media = self.headers.get("content-type", "").split(";")[0]
        body = {"body": shape_of(self.body)} if with_body else {}
        return {"status": self.status, "content_type": media, **body}


@dataclass(frozen=True)
class Talk:
    """A call placed on the simulator with an answer's secret, so that there are words to ask for.

    `sample` is the call's name in the sample requests; those in `needed_by` make no sense without it, and
    `heard_by` is the one that is repeated until it tells all that was said.
    """

    sample: str
    secret: str
    script: str
    heard_by: str
    needed_by: list[str]


@dataclass(frozen=True)
class Plan:
    """`samples` maps a text in the sample requests to the part of an earlier answer that replaces it.

    `headers` does the same for headers by name; `user` is the sample header of a request that needs a user.
    Of the answers to `bodiless` requests only status and content type are recorded. `ticket` is the sample
    ticket of a relayed call; requests that have it make no sense without a simulator.
    """

    steps: list[str]
    talk: Talk
    user: str
    ticket: str
    samples: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    bodiless: list[str] = field(default_factory=list)


def read_plan(events: Path, path: Path) -> Plan:
    """Return the plan, with the sample requests that it does not name at its end."""
    raw = yaml.safe_load(path.read_text())
    requests = [file.stem for file in sorted(events.glob("*.json")) if _is_request(file)]
    named = [name for name in raw["steps"] if name in requests]
    rest = [name for name in requests if name not in named]
    talk = Talk(**raw["talk"])
    said = (raw["user"], raw["ticket"], raw["samples"], raw["headers"], raw["bodiless"])
    return Plan(named + rest, talk, *said)


def filled_in(
    event: dict[str, Any], plan: Plan, answers: dict[str, Answer], made: dict[str, str]
) -> dict[str, Any]:
    """Return the request with what earlier answers lend to it and what was `made` for this run.

    What neither has stays as it is.
    """
    text = json.dumps(event)
    for sample, source in plan.samples.items():
        text = text.replace(sample, lent(source, answers) or sample)
    for sample, value in made.items():
        text = text.replace(sample, value)
    text = _PLACEHOLDER.sub(lambda match: lent(match[1], answers) or match[0], text)
    filled: dict[str, Any] = json.loads(text)
    for name, source in plan.headers.items():
        if name in filled["headers"]:
            filled["headers"][name] = lent(source, answers) or filled["headers"][name]
    return filled


def lent(source: str, answers: dict[str, Answer]) -> str | None:
    """Return `step.key…` of an answer's body, or `step.headers.name`, as text; None if there is none."""
    step, *keys = source.split(".")
    if step not in answers:
        return None
    value: Any = answers[step].body
    if keys[0] == "headers":
        value, keys = answers[step].headers, keys[1:]
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return None if value is None else str(value)


def _is_request(file: Path) -> bool:
    event = json.loads(file.read_text())
    return isinstance(event, dict) and "httpMethod" in event
