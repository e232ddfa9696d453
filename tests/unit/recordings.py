"""Load recorded upstream traffic, and fold it or parts of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from switchboard.domain.transcript import Transcript, fold

FOLDER = Path(__file__).parent.parent / "recordings"

Event = dict[str, Any]


def received(name: str) -> list[Event]:
    """Return the server's events of a recording, in the order of the wire."""
    with (FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        frames = [json.loads(line) for line in lines]
    return [frame["data"] for frame in frames if frame["direction"] == "received"]


def folded(events: Iterable[Event], transcript: Transcript | None = None) -> Transcript:
    """Return the transcript of the events, on top of what is known."""
    transcript = transcript or Transcript()
    for event in events:
        transcript = fold(transcript, event)
    return transcript
