"""Upstream events, as short as tests of the sideband need them."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]


def committed(item_id: str, previous: str | None) -> Event:
    """The user's utterance has its place."""
    return {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous}


def transcribed(item_id: str, words: str) -> Event:
    """The user's words have come."""
    return {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": words,
    }


def heard(item_id: str, previous: str | None, words: str) -> tuple[Event, Event]:
    """A whole utterance of the user's."""
    return committed(item_id, previous), transcribed(item_id, words)


def reply(item_id: str, previous: str | None, words: str) -> tuple[Event, Event]:
    """A whole reply of the model's."""
    return appeared(item_id, previous), done(item_id, previous, words)


def appeared(item_id: str, previous: str | None) -> Event:
    """The model begins a reply."""
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item(item_id)}


def done(item_id: str, previous: str | None, words: str) -> Event:
    """The model has ended a reply."""
    content = [{"type": "output_audio", "transcript": words}]
    whole = {**item(item_id), "status": "completed", "content": content}
    return {"type": "conversation.item.done", "previous_item_id": previous, "item": whole}


def retrieved(item_id: str, words: str) -> Event:
    """The answer to a retrieve."""
    return {"type": "conversation.item.retrieved", "item": done(item_id, None, words)["item"]}


def item(item_id: str) -> Event:
    """A reply of the model's without words."""
    return {"id": item_id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}


def delta(item_id: str, words: str) -> Event:
    """Some words of a reply."""
    return {
        "type": "response.output_audio_transcript.delta",
        "item_id": item_id,
        "content_index": 0,
        "delta": words,
    }


def error(event_id: str | None, code: str, kind: str = "invalid_request_error") -> Event:
    """A client event was refused."""
    return {"type": "error", "error": {"type": kind, "code": code, "message": "no", "event_id": event_id}}
