"""A conversation in the upstream's own frames: the recorded turns, again and again with new ids."""

from __future__ import annotations

import json
import re
from itertools import count, cycle
from operator import itemgetter
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).resolve().parents[1] / "tests" / "recordings"
TURNS = ("primary_audio_turn", "primary_audio_turn", "primary_audio_turn", "primary_tool_round")
"""Mostly talk, now and then a tool: six of ten frames are deltas."""
NOT_HEARD = ("session.created", "session.updated", "response.output_audio.delta")
"""What a sideband beside a WebRTC call is told once, or not at all."""
PROSE = (Path(__file__).resolve().parents[1] / "docs" / "sideband.md").read_text(encoding="utf-8").split()
"""Words for longer replies: to repeat the recorded ones would flatter whatever compresses them."""
STAMP = "@" * 20
"""Where a frame is to bear the time of its sending, in nanoseconds."""
WORD_S = 0.4
"""Seconds for a spoken word."""
TRANSCRIBING_S = 0.02
_ID = re.compile(r"\b(?:item|resp|event|call)_[A-Za-z0-9]{12,}")


def conversation(turns: int, stretch: int = 1) -> list[str]:
    """Return the frames of that many turns, as the upstream writes them; `stretch` times as many words."""
    numbers = count(1)
    frames: list[str] = []
    last_item: str | None = None
    for _, name in zip(range(turns), cycle(TURNS), strict=False):
        events = _longer(_recorded(name), stretch)
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


def audible(frames: list[str], pieces: int) -> list[str]:
    """Return the frames with as many pieces of recorded audio before the last: what a sideband ignores."""
    received = _received("primary_audio_turn")
    audio = [event for event in received if event["type"] == "response.output_audio.delta"]
    told = [
        json.dumps(event, separators=(",", ":"))
        for _, event in zip(range(pieces), cycle(audio), strict=False)
    ]
    return [*frames[:-1], *told, frames[-1]]


def stamped(frames: list[str]) -> list[str]:
    """Return the frames with `STAMP` behind the last words of each item: whoever sends them fills it in."""

    def put(part: dict[str, Any]) -> dict[str, Any]:
        words = {key: part[key] for key in ("transcript", "text") if part.get(key)}
        return {**part, **{key: f"{said} {STAMP}" for key, said in words.items()}}

    return [json.dumps(json.loads(frame, object_hook=put), separators=(",", ":")) for frame in frames]


def timed(frames: list[str], pause: float = 1.0) -> list[tuple[float, str]]:
    """Return the frames with the seconds at which they come, in a talk at an ordinary pace.

    The recordings bear no times but those of speech. Assumed: speech has 150 words a minute, and a reply is
    generated three times as fast; transcription takes half a second and 20 ms a piece, beside the reply; who
    was spoken to hears a reply out and answers after `pause` seconds.
    """
    now, transcribed, heard_until, started = 0.0, 0.0, 0.0, 0
    found = []
    for frame in frames:
        event = json.loads(frame)
        kind = str(event["type"])
        if kind.startswith("conversation.item.input_audio_transcription."):
            transcribed += TRANSCRIBING_S
            found.append((transcribed, frame))
            continue
        if kind == "conversation.item.added" and '"input_text"' in frame:
            now = max(now, heard_until) + pause
        elif kind == "input_audio_buffer.speech_started":
            now, started = max(now, heard_until) + pause, event["audio_start_ms"]
        elif kind == "input_audio_buffer.speech_stopped":
            now += (event["audio_end_ms"] - started) / 1000
            transcribed = now + 0.5
        elif kind == "response.created":
            now += 0.3
            heard_until = now
        elif kind.endswith(".delta"):
            now += WORD_S / 3
            heard_until += WORD_S
        else:
            now += 0.002
        found.append((now, frame))
    return sorted(found, key=itemgetter(0))


def items(frames: list[str]) -> int:
    """Return how many items the frames tell of."""
    return len({event["item"]["id"] for event in map(json.loads, frames) if "item" in event})


def share_of_deltas(frames: list[str]) -> float:
    """Return which part of the frames brings a piece of something longer."""
    types = [str(json.loads(frame)["type"]) for frame in frames]
    return sum(name.endswith(".delta") for name in types) / len(types)


def _recorded(name: str) -> list[dict[str, Any]]:
    return [event for event in _received(name) if event["type"] not in NOT_HEARD]


def _received(name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (RECORDINGS / f"{name}.jsonl").read_text().splitlines())
    return [line["data"] for line in lines if line["direction"] == "received"]


def _longer(events: list[dict[str, Any]], stretch: int) -> list[dict[str, Any]]:
    """Return the events of a turn with so many times the words and so much longer speech."""
    if stretch == 1:
        return events
    longer: list[dict[str, Any]] = []
    for event in events:
        told = json.loads(json.dumps(event), object_hook=lambda each: _stretched(each, stretch))
        for number in range(stretch if "delta" in event else 1):
            longer.append({**told, "event_id": f"{event['event_id']}{number or ''}"})
    return longer


def _stretched(part: dict[str, Any], stretch: int) -> dict[str, Any]:
    for key in ("transcript", "text"):
        if part.get(key):
            begin = sum(map(ord, part[key])) % 1000
            part[key] = " ".join(PROSE[begin : begin + len(part[key].split()) * stretch])
    if "audio_end_ms" in part and "audio_start_ms" not in part:
        part["audio_end_ms"] *= stretch
    return part


def _items(events: list[dict[str, Any]]) -> list[str]:
    return [item for event in events if event["type"] == "conversation.item.added" and (item := _item(event))]


def _item(event: dict[str, Any]) -> str | None:
    item_id: str | None = event.get("item", {}).get("id")
    return item_id
