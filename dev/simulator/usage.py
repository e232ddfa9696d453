"""Token counts, made up but steady: the same words always cost the same."""

import re

from dev.simulator.wire import Json

_PIECE = re.compile(r"\w+|[^\w\s]")
_AUDIO_TOKENS_PER_TOKEN = 6  # recorded answers spend about six audio tokens for one of text


def count(text: str) -> int:
    """Tokens in a text."""
    return len(_PIECE.findall(text))


def of_response(input_tokens: int, text_tokens: int, *, spoken: bool) -> Json:
    """The usage of a realtime response, in the recorded shape."""
    audio_tokens = text_tokens * _AUDIO_TOKENS_PER_TOKEN if spoken else 0
    return {
        "total_tokens": input_tokens + text_tokens + audio_tokens,
        "input_tokens": input_tokens,
        "output_tokens": text_tokens + audio_tokens,
        "input_token_details": {
            "text_tokens": input_tokens,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_tokens, "audio_tokens": audio_tokens},
    }


def of_transcription(model: str, milliseconds: int, text: str) -> Json:
    """The usage of a transcription: by the second, or by tokens for the older models."""
    if not model.startswith("gpt-4o"):
        return {"type": "duration", "seconds": max(1, round(milliseconds / 1000))}
    heard, said = max(1, milliseconds // 100), count(text)
    return {
        "type": "tokens",
        "total_tokens": heard + said,
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": said,
    }
