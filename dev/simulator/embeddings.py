"""Vectors without a model: texts that share words, or pieces of words, point the same way."""

import base64
import hashlib
import math
import re
from array import array

from dev.simulator import limits, usage
from dev.simulator.errors import ApiError
from dev.simulator.shapes import EMBEDDINGS, check_body
from dev.simulator.wire import Json

SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    (
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "do", "for", "from", "has", "have", "i"),
        *("in", "is", "it", "me", "my", "of", "on", "or", "so", "that", "the", "this", "to", "was", "we"),
        *("with", "you", "your"),
    )
)
_SPREAD = 8  # places that one word touches: enough to keep strangers apart
_COMMON_WEIGHT, _PIECE_WEIGHT = 0.1, 0.35


def vector(text: str, size: int) -> list[float]:
    """A unit vector, the same for the same text and size; case does not matter."""
    places = [0.0] * size
    for word in _WORD.findall(text.lower()):
        _add(places, word, _COMMON_WEIGHT if word in _COMMON else 1.0)
        if word not in _COMMON:
            for start in range(max(0, len(word) - 2)):
                _add(places, f"~{word[start : start + 3]}", _PIECE_WEIGHT)
    norm = math.sqrt(sum(place * place for place in places))
    if norm == 0.0:
        places[0] = norm = 1.0
    return [place / norm for place in places]


def answer(body: Json) -> Json:
    """The answer to POST /v1/embeddings. Raises ApiError 400 or 404."""
    check_body(body, EMBEDDINGS)
    model, texts = body.get("model"), _inputs(body.get("input"))
    if model not in SIZES:
        raise ApiError(
            404, f"The model `{model}` does not exist or you do not have access to it.", "model_not_found"
        )
    size = _size(str(model), body.get("dimensions"))
    packed = body.get("encoding_format", "float") == "base64"
    vectors = [vector(text, size) for text in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(one) if packed else one}
        for index, one in enumerate(vectors)
    ]
    spent = sum(map(usage.count, texts))
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": spent, "total_tokens": spent},
    }


def _add(places: list[float], word: str, weight: float) -> None:
    digest = hashlib.blake2b(word.encode(), digest_size=4 * _SPREAD).digest()
    for start in range(0, len(digest), 4):
        drawn = int.from_bytes(digest[start : start + 4], "little")
        places[(drawn >> 1) % len(places)] += weight if drawn & 1 else -weight


def _packed(values: list[float]) -> str:
    """Little-endian float32, base64."""
    floats = array("f", values)
    if array("H", [1]).tobytes()[0] != 1:
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode()


def _inputs(given: object) -> list[str]:
    """The texts to embed; token arrays are read as words of digits."""
    texts: list[str]
    if isinstance(given, str):
        texts = [given]
    elif isinstance(given, list) and given and all(isinstance(one, int) for one in given):
        texts = [" ".join(map(str, given))]
    elif isinstance(given, list):
        texts = [" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in given]
    else:
        raise _refused("Missing required parameter: 'input'.")
    if not texts or not all(texts):
        raise _refused("Invalid 'input': it must not be empty.")
    if len(texts) > limits.MAX_EMBEDDING_INPUTS:
        raise _refused(f"Invalid 'input': at most {limits.MAX_EMBEDDING_INPUTS} inputs are allowed.")
    return texts


def _size(model: str, asked: object) -> int:
    most = SIZES[model]
    if asked is None:
        return most
    if type(asked) is not int or not 1 <= asked <= most or model.endswith("ada-002"):
        raise ApiError(
            400,
            f"Invalid value for 'dimensions': {asked}. '{model}' gives at most {most}.",
            "invalid_value",
            param="dimensions",
        )
    return asked


def _refused(message: str) -> ApiError:
    return ApiError(400, message, "invalid_value", param="input")
