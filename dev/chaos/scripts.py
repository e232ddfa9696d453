"""Conversations to be told from chance alone: talk, tools, interruptions, late and failed transcripts."""

from __future__ import annotations

from random import Random
from typing import Any

WORDS = (
    "river",
    "lantern",
    "seventeen",
    "quiet",
    "harbour",
    "Lisbon",
    "pencil",
    "tomorrow",
    "window",
    "snow",
)
Step = dict[str, Any]


def script(chance: Random, name: str) -> dict[str, Any]:
    """Return a script of a few turns that ends with the person hanging up."""
    steps: list[Step] = []
    for turn in range(chance.randint(3, 6)):
        steps += _turn(chance, f"{name}.{turn}")
    return {"name": name, "steps": [*steps, {"pause": 2.0}, {"hangup": True}]}


def _turn(chance: Random, mark: str) -> list[Step]:
    said = {"user": f"{mark} {_words(chance)}", "transcript_after": chance.choice((0.2, 0.4, 2.0))}
    answer: Step = {"assistant": f"{mark} {_words(chance)}"}
    match chance.randrange(6):
        case 0:
            call = {"call": "look_up", "arguments": {"word": mark}, "output": {"found": _words(chance)}}
            return [said, call, answer]
        case 1:
            answer["assistant"] += " and let me tell you more about it"
            return [said, {**answer, "interrupted_after": 0.8}, {"user": f"{mark} Stop, {_words(chance)}"}]
        case 2:
            return [said, answer, {"pause": chance.uniform(1, 4)}]
        case _:
            return [said, answer]


def _words(chance: Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(3, 8)))
