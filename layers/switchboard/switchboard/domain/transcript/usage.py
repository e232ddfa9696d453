"""What one event says was used: tokens of a response, or tokens or seconds of a transcription."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .limits import SECONDS_MAX, TOKENS_MAX
from .snapshot import label, mapping, number


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by direction and medium, and seconds transcribed, of one upstream event.

    `source` is `response` or `transcription`, `id` the response or part of an item that is billed: the same
    pair is to be counted once. Cached input is part of the input beside it.
    """

    source: str
    id: str
    input_text: int = 0
    input_audio: int = 0
    input_image: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    cached_image: int = 0
    output_text: int = 0
    output_audio: int = 0
    seconds: float = 0.0


def usage_of(event: Mapping[str, Any]) -> Usage | None:
    """Return what the event bills, None if it bills nothing. Counts that it lacks are zero."""
    if not isinstance(event, Mapping):
        return None
    kind = event.get("type")
    if kind == "response.done":
        response = mapping(event, "response")
        return _tokens("response", label(response, "id"), mapping(response, "usage"))
    if kind == "conversation.item.input_audio_transcription.completed":
        item_id, part = label(event, "item_id"), number(event, "content_index")
        billed = f"{item_id}/{part}" if item_id and part else item_id
        return _tokens("transcription", billed, mapping(event, "usage"))
    return None


def _tokens(source: str, billed: str, usage: Mapping[str, Any]) -> Usage | None:
    if not usage or not billed:
        return None
    given, made = mapping(usage, "input_token_details"), mapping(usage, "output_token_details")
    cached = mapping(given, "cached_tokens_details")
    input_audio, input_image = _count(given, "audio_tokens"), _count(given, "image_tokens")
    output_audio = _count(made, "audio_tokens")
    cached_audio, cached_image = _count(cached, "audio_tokens"), _count(cached, "image_tokens")
    return Usage(
        source=source,
        id=billed,
        # What is not told apart counts as text.
        input_text=max(
            _count(given, "text_tokens"), _count(usage, "input_tokens") - input_audio - input_image
        ),
        input_audio=input_audio,
        input_image=input_image,
        cached_text=max(
            _count(cached, "text_tokens"), _count(given, "cached_tokens") - cached_audio - cached_image
        ),
        cached_audio=cached_audio,
        cached_image=cached_image,
        output_text=max(_count(made, "text_tokens"), _count(usage, "output_tokens") - output_audio),
        output_audio=output_audio,
        seconds=_seconds(usage),
    )


def _count(source: Mapping[str, Any], key: str) -> int:
    value = source.get(key)
    return value if type(value) is int and 0 < value <= TOKENS_MAX else 0


def _seconds(usage: Mapping[str, Any]) -> float:
    value = usage.get("seconds")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value < SECONDS_MAX else 0.0
