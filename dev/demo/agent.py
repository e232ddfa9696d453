"""A chapter of the demo: the text agent answers three questions in one session, from three kinds of store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter
from typing import Any

import httpx

from dev.demo import show
from dev.demo.client import PATIENCE_S, DemoFailed
from dev.engine.server import ROOT

QUESTIONS = ("My name is Ada.", "I live in Lisbon.", "What do you know about me?")
ONE_MORE = "And where did I say I live?"


def tell_story(api_url: str, simulator_url: str) -> bool:
    """Return whether the third request carried the first two turns, from every store."""
    with (
        httpx.Client(base_url=api_url, timeout=PATIENCE_S) as api,
        httpx.Client(base_url=simulator_url, timeout=PATIENCE_S) as simulator,
    ):
        session_id = _open(api)
        good = True
        for question in QUESTIONS:
            good &= _ask(api, session_id, question)
        said = _history(api, session_id)
        good &= _carried(simulator, said[:2], QUESTIONS[-1], "DynamoDB")
        show.tell("The same session in a Redis, and in one process's memory: the library takes it there.")
        for place in ("Redis", "memory"):
            _ask_elsewhere(said, place, simulator_url)
            good &= _carried(simulator, said, ONE_MORE, place)
        api.delete("/agent/history", params={"session_id": session_id}).raise_for_status()
        cleared = not _history(api, session_id)
        show.verdict(cleared, "DELETE /agent/history: the session stays, what was said is gone")
    return good and cleared


def _open(api: httpx.Client) -> str:
    show.chapter("A page asks the text agent")
    show.tell("POST /agent/session, then POST /agent/query: the answer comes word by word.")
    answer = api.post("/agent/session")
    if answer.is_error:
        raise DemoFailed(f"POST /agent/session answered {answer.status_code}: {answer.text}")
    api.headers["x-guest-token"] = answer.headers["x-guest-token"]
    session_id = str(answer.json()["session_id"])
    show.fact("session_id", session_id)
    return session_id


def _ask(api: httpx.Client, session_id: str, question: str) -> bool:
    """Print the question, and the answer as it comes; return whether it came in pieces and was saved."""
    began = perf_counter()
    times: list[float] = []
    done: dict[str, Any] = {}
    print(f"  {show.paint('user', '         Ada')}  {question}")
    sys.stdout.write(f"  {show.paint('assistant', '       agent')}  ")
    body = {"query": question, "session_id": session_id}
    with api.stream("POST", "/agent/query", json=body) as answer:
        if answer.is_error:
            raise DemoFailed(f"POST /agent/query answered {answer.status_code}: {answer.read().decode()}")
        for line in answer.iter_lines():
            event = json.loads(line[6:]) if line.startswith("data: ") else {}
            if event.get("type") == "token":
                times.append(perf_counter() - began)
                sys.stdout.write(event["content"])
                sys.stdout.flush()
            if event.get("type") == "done":
                done = event
    print()
    if not times or not done:
        show.verdict(False, "the answer did not come")
        return False
    show.fact("timing", f"first word after {1000 * times[0]:.0f} ms, last after {1000 * times[-1]:.0f} ms")
    return bool(done["saved"]) and times[-1] > times[0]


def _history(api: httpx.Client, session_id: str) -> list[dict[str, Any]]:
    answer = api.get("/agent/history", params={"session_id": session_id})
    return list(answer.raise_for_status().json()["messages"])


def _carried(simulator: httpx.Client, turns: list[dict[str, Any]], question: str, where: str) -> bool:
    """Return whether the newest request for that question carried these turns, word by word."""
    wanted = [words for turn in turns for words in (turn["query"], turn["answer"])]
    asked = simulator.get("/_simulator/requests").raise_for_status().json()["requests"]
    bodies = [json.loads(one["body"]) for one in asked if one["path"] == "/v1/responses" and one.get("body")]
    inputs = [body["input"] for body in reversed(bodies) if isinstance(body["input"], list)]
    found = next((items for items in inputs if items[-1].get("content") == question), [])
    good = [item.get("content") for item in found[:-1]] == wanted
    show.verdict(good, f"{where}: the request for “{question}” carried {len(turns)} earlier turns")
    return good


def _ask_elsewhere(said: list[dict[str, Any]], place: str, simulator_url: str) -> None:
    """Carry the turns into that place, and ask one more question from there, by the library alone."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "switchboard")))
    subprocess.run(
        [sys.executable, "-m", "dev.demo.agent_elsewhere", place, simulator_url, ONE_MORE],
        env={**os.environ, "PYTHONPATH": path},
        input=json.dumps(said),
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
