"""A conversation in the upstream's own frames: the recorded turns, again and again with new ids."""

from __future__ import annotations

import json
import re
from itertools import count, cycle
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).resolve().parents[1] / "tests" / "recordings"
TURNS = ("primary_audio_turn", "primary_audio_turn", "primary_audio_turn", "primary_tool_round")
"""Mostly talk, now and then a tool: six of ten frames are deltas."""
NOT_HEARD = ("session.created", "session.updated", "response.output_audio.delta")
"""What a sideband beside a WebRTC call is told once, or not at all."""
_ID = re.compile(r"\b(?:item|resp|event|call)_[A-Za-z0-9]{12,}")


def conversation(turns: int) -> list[str]:
    """Return the frames of that many turns, as the upstream writes them."""
    numbers = count(1)
    frames: list[str] = []
    last_item: str | None = None
    for _, name in zip(range(turns), cycle(TURNS), strict=False):
        events = _recorded(name)
        first, last = _items(events)[0], _items(events)[-1]
        for event in events:
            if event.get("previous_item_id", "") is None and first in (event.get("item_id"), _item(event)):
                event["previous_item_id"] = last_item
        text = "\n".join(json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events)
        for old in dict.fromkeys(_ID.findall(text)):
            if old != last_item:
                kind = old.partition("_")[0]
                new = f"{kind}_{next(numbers):021d}"
                text = text.replace(old, new)
                if old == last:
                    last_item = new
        frames += text.split("\n")
    return frames


def items(frames: list[str]) -> int:
    """Return how many items the frames tell of."""
    return len({event["item"]["id"] for event in map(json.loads, frames) if "item" in event})


def share_of_deltas(frames: list[str]) -> float:
    """Return which part of the frames brings a piece of something longer."""
    types = [str(json.loads(frame)["type"]) for frame in frames]
    return sum(name.endswith(".delta") for name in types) / len(types)


def _recorded(name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (RECORDINGS / f"{name}.jsonl").read_text().splitlines())
    received = (line["data"] for line in lines if line["direction"] == "received")
    return [event for event in received if event["type"] not in NOT_HEARD]


def _items(events: list[dict[str, Any]]) -> list[str]:
    return [item for event in events if event["type"] == "conversation.item.added" and (item := _item(event))]


def _item(event: dict[str, Any]) -> str | None:
    item_id: str | None = event.get("item", {}).get("id")
    return item_id
