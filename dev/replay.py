"""`python -m dev.replay` sends every sample request of events/ to a running API and compares the answers.

Compared are status, content type and shape (keys and types) with those recorded in tests/replay/;
`--record` writes them anew. tests/replay/plan.yaml says the order and what one answer lends to the next.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import yaml

from dev.demo.client import Browser
from dev.engine import running, server
from dev.replay_plan import Answer, Plan, filled_in, lent, read_plan
from dev.shape import differences
from dev.tokens import user_token

EVENTS = server.ROOT / "events"
RECORDED = server.ROOT / "tests" / "replay"
ANSWER_S = 35.0
"""API Gateway gives up after 29 s; whoever answers later than that is not an API of ours."""
HEARD_S = 30.0
"""The scripted talk takes about 3 s, several times that on a busy machine."""
LOOK_EVERY_S = 0.2
"""Between two looks at the transcript."""

_NOT_RECORDED = "not recorded yet (--record)"
_CONTENT = {"recorded", "as recorded", _NOT_RECORDED}
_OURS = {"host", "content-length", "user-agent"}


def main() -> int:
    """Read the command line; return 0 if every answer has its recorded shape."""
    parser = argparse.ArgumentParser(prog="python -m dev.replay", description=__doc__)
    parser.add_argument("--url", help="root of the API (default: the running `make dev`)")
    parser.add_argument("--user-token", default="", help="with --url: bearer token for users' requests")
    parser.add_argument("--record", action="store_true", help="write the shapes instead of comparing")
    parser.add_argument("--state", type=Path, default=running.STATE, help="default .switchboard")
    options = parser.parse_args()
    if options.url:
        return replay(Target(options.url.rstrip("/"), user_token=options.user_token), options.record)
    found = running.find(options.state)
    if not found:
        print("no local stack runs: start one with `make dev`, or give --url")
        return 1
    return replay(local_target(found), options.record)


@dataclass(frozen=True)
class Target:
    """The API, and what only some have: a simulator for the upstream, and the token of a user."""

    url: str
    simulator_url: str = ""
    user_token: str = ""


def local_target(found: Mapping[str, Any]) -> Target:
    """Return the running local stack, with a user whom it has never seen."""
    user = f"user_{secrets.token_hex(6)}"
    token = user_token(found["engine_url"], found["physical_ids"], user)
    return Target(found["api_url"], found["simulator_url"], token)


def replay(target: Target, record: bool = False) -> int:
    """Send all requests in the plan's order, print a table, and return the exit status.

    Without a simulator nobody talks, and the requests that need a talk are left out; without a user, theirs.
    """
    plan = read_plan(EVENTS, RECORDED / "plan.yaml")
    browser = Browser(target.simulator_url) if target.simulator_url else None
    steps = [name for name in plan.steps if browser or not _needs_simulator(name, plan)]
    steps = [name for name in steps if target.user_token or plan.user not in _sample(name)]
    made = {plan.ticket: _ticket(target.url)} if browser else {plan.talk.sample: _made_up_call()}
    made |= {plan.user: f"Bearer {target.user_token}"} if target.user_token else {}
    answers: dict[str, Answer] = {}
    failed = 0
    for name in steps:
        event = json.loads(_sample(name))
        if browser and (secret := lent(plan.talk.secret, answers)) and plan.talk.sample in _sample(name):
            made[plan.talk.sample] = _place_call(browser, target.simulator_url, plan, secret)
        event = filled_in(event, plan, answers, made)
        answers[name] = answer = send(target.url, event)
        if browser and name == plan.talk.heard_by and plan.talk.sample in made:
            answers[name] = answer = _listen(browser, made[plan.talk.sample], target.url, event)
        shape = answer.shape(with_body=name not in plan.bodiless)
        if record:
            _record(name, shape)
        verdict = "recorded" if record else _compare(name, shape)
        failed += verdict not in _CONTENT
        _print_row(name, event, answer, verdict)
    left_out = len(plan.steps) - len(steps)
    print(f"{len(steps)} requests, {failed} with another answer than recorded, {left_out} left out")
    return 1 if failed else 0


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


def _sample(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text()


def _needs_simulator(name: str, plan: Plan) -> bool:
    return name in plan.talk.needed_by or plan.ticket in _sample(name)


def _ticket(url: str) -> str:
    """Open a session in relay mode, and return its ticket."""
    opened = httpx.post(f"{url}/session", json={"mode": "relay"}, timeout=ANSWER_S).raise_for_status()
    return str(opened.json()["clientSecret"])


def _made_up_call() -> str:
    return f"rtc_u0_{secrets.token_hex(10)}"


def _place_call(browser: Browser, simulator_url: str, plan: Plan, secret: str) -> str:
    """Have the simulator play the plan's script to a caller, and return the call's id."""
    script = yaml.safe_load((RECORDED / plan.talk.script).read_text())
    httpx.put(f"{simulator_url}/_simulator/scripts/{script['name']}", json=script).raise_for_status()
    return browser.call_named(secret, script["name"])


def _listen(browser: Browser, call_id: str, url: str, event: dict[str, Any]) -> Answer:
    """Repeat a request for the transcript until it tells all that was said, or the time is up."""
    deadline = time.monotonic() + HEARD_S
    while True:
        call = browser.look(call_id)
        answer = send(url, event)
        told = [(item["itemId"], item["status"]) for item in (answer.body or {}).get("items", [])]
        said = [item["item_id"] for item in call["transcript"]]
        over = call["script"]["state"] in ("finished", "done", "ended")
        if (over and told == [(item_id, "completed") for item_id in said]) or time.monotonic() > deadline:
            return answer
        time.sleep(LOOK_EVERY_S)


def _print_row(name: str, event: dict[str, Any], answer: Answer, verdict: str) -> None:
    request = f"{event['httpMethod']} {event['resource']}"
    print(f"{name:<25} {request:<44} {answer.status}  {answer.milliseconds:5.0f} ms  {verdict}")


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def _record(name: str, shape: dict[str, Any]) -> None:
    text = json.dumps(shape, indent=2, sort_keys=True)
    (RECORDED / f"{name}.json").write_text(text + "\n")


def _compare(name: str, shape: dict[str, Any]) -> str:
    """Return the verdict in words."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        return _NOT_RECORDED
    return "; ".join(differences(json.loads(path.read_text()), shape)) or "as recorded"


if __name__ == "__main__":
    sys.exit(main())
