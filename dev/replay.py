"""`python -m dev.replay` sends every sample request of events/ to a running API and compares the answers.

Compared are status, content type and shape (keys and types) with those recorded in tests/replay/;
`--record` writes them anew. tests/replay/plan.yaml says the order and what one answer lends to the next.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from dev.engine import running, server
from dev.shape import differences, shape_of

EVENTS = server.ROOT / "events"
RECORDED = server.ROOT / "tests" / "replay"
ANSWER_S = 35.0
"""API Gateway gives up after 29 s; whoever answers later than that is not an API of ours."""

_PLACEHOLDER = re.compile(r"\$\{([a-z_]+)\.([\w.-]+)\}")
_OURS = {"host", "content-length", "user-agent"}


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is parsed if it is JSON."""

    status: int
    headers: dict[str, str]
    body: Any
    milliseconds: float

    def shape(self) -> dict[str, Any]:
        """Return what is recorded of it."""
        media = self.headers.get("content-type", "").split(";")[0]
        return {"status": self.status, "content_type": media, "body": shape_of(self.body)}


@dataclass(frozen=True)
class Plan:
    """`samples` maps a text in the sample requests to the part of an earlier answer that replaces it.

    `headers` does the same for headers by name; `fresh` holds texts that are new in every run.
    """

    steps: list[str]
    samples: dict[str, str]
    headers: dict[str, str]
    fresh: dict[str, str]


def main() -> int:
    """Read the command line; return 0 if every answer has its recorded shape."""
    parser = argparse.ArgumentParser(prog="python -m dev.replay", description=__doc__)
    parser.add_argument("--url", help="root of the API (default: the running `make dev`)")
    parser.add_argument("--record", action="store_true", help="write the shapes instead of comparing")
    parser.add_argument("--state", type=Path, default=running.STATE, help="default .switchboard")
    options = parser.parse_args()
    found = running.find(options.state)
    url = options.url or (found and found["api_url"])
    if not url:
        print("no local stack runs: start one with `make dev`, or give --url")
        return 1
    return replay(url.rstrip("/"), options.record)


def replay(url: str, record: bool) -> int:
    """Send all requests in the plan's order, print a table, and return the exit status."""
    plan = read_plan(EVENTS, RECORDED / "plan.yaml")
    answers: dict[str, Answer] = {}
    failed = 0
    for name in plan.steps:
        event = filled_in(json.loads((EVENTS / f"{name}.json").read_text()), plan, answers)
        answers[name] = answer = send(url, event)
        problems = _record(name, answer) if record else _compare(name, answer)
        failed += bool(problems)
        verdict = "; ".join(problems) or ("recorded" if record else "as recorded")
        request = f"{event['httpMethod']} {event['resource']}"
        print(f"{name:<18} {request:<40} {answer.status}  {answer.milliseconds:5.0f} ms  {verdict}")
    print(f"{len(plan.steps)} requests, {failed} with another answer than recorded")
    return 1 if failed else 0


def read_plan(events: Path, path: Path) -> Plan:
    """Return the plan, with the sample requests that it does not name at its end."""
    raw = yaml.safe_load(path.read_text()) or {}
    requests = [file.stem for file in sorted(events.glob("*.json")) if _is_request(file)]
    named = [name for name in raw.get("steps", []) if name in requests]
    rest = [name for name in requests if name not in named]
    fresh = {text: prefix + secrets.token_hex(10) for text, prefix in raw.get("fresh", {}).items()}
    return Plan(named + rest, raw.get("samples", {}), raw.get("headers", {}), fresh)


def filled_in(event: dict[str, Any], plan: Plan, answers: dict[str, Answer]) -> dict[str, Any]:
    """Return the request with what earlier answers lend to it; what they do not have stays as it is."""
    text = json.dumps(event)
    for sample, source in plan.samples.items():
        text = text.replace(sample, _lent(source, answers) or sample)
    for sample, new in plan.fresh.items():
        text = text.replace(sample, new)
    text = _PLACEHOLDER.sub(lambda match: _lent(match[1] + "." + match[2], answers) or match[0], text)
    filled: dict[str, Any] = json.loads(text)
    for name, source in plan.headers.items():
        if name in filled["headers"]:
            filled["headers"][name] = _lent(source, answers) or filled["headers"][name]
    return filled


def send(url: str, event: dict[str, Any]) -> Answer:
    """Make the HTTP request that API Gateway would have turned into this event."""
    query = urlencode(event.get("multiValueQueryStringParameters") or {}, doseq=True)
    body = event.get("body")
    if body is not None:
        body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {name: value for name, value in event["headers"].items() if name.lower() not in _OURS}
    target = url + event["path"] + (f"?{query}" if query else "")
    request = urllib.request.Request(target, data=body, headers=headers, method=event["httpMethod"])
    began = time.monotonic()
    try:
        response = urllib.request.urlopen(request, timeout=ANSWER_S)
    except urllib.error.HTTPError as refusal:
        response = refusal
    with response:
        raw = response.read()
        took = 1000 * (time.monotonic() - began)
        received = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, received, _parsed(raw), took)


def _is_request(file: Path) -> bool:
    event = json.loads(file.read_text())
    return isinstance(event, dict) and "httpMethod" in event


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def _lent(source: str, answers: dict[str, Answer]) -> str | None:
    """Return `step.key…` of an answer's body, or `step.headers.name`, as text; None if there is none."""
    step, *keys = source.split(".")
    if step not in answers:
        return None
    value: Any = answers[step].headers if keys[0] == "headers" else answers[step].body
    for key in keys[1:] if keys[0] == "headers" else keys:
        value = value.get(key) if isinstance(value, dict) else None
    return None if value is None else str(value)


def _record(name: str, answer: Answer) -> list[str]:
    text = json.dumps(answer.shape(), indent=2, sort_keys=True)
    (RECORDED / f"{name}.json").write_text(text + "\n")
    return []


def _compare(name: str, answer: Answer) -> list[str]:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        return ["not recorded yet (--record)"]
    return list(differences(json.loads(path.read_text()), answer.shape()))


if __name__ == "__main__":
    sys.exit(main())
