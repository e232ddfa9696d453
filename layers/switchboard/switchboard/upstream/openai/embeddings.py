"""Embeddings, and memories ranked by them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from operator import mul

from switchboard.domain import limits
from switchboard.domain.errors import UpstreamError, UpstreamUnavailable
from switchboard.domain.memory import Memory, rank, recency
from switchboard.domain.ports.models import Embeddings
from switchboard.upstream.openai.http import OpenAIHttp

log = logging.getLogger(__name__)


class OpenAIEmbeddings:
    """The upstream's embeddings."""

    def __init__(self, http: OpenAIHttp, model: str) -> None:
        self._http = http
        self._model = model

    def embed(self, text: str, seconds: float) -> tuple[float, ...]:
        """Return where a text lies among others. Raise an UpstreamError."""
        body = {
            "model": self._model,
            "input": [text],
            "dimensions": limits.EMBEDDING_SIZE,
            "encoding_format": "float",
        }
        answer = self._http.post("embeddings", body, seconds)
        try:
            return tuple(float(number) for number in answer["data"][0]["embedding"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise UpstreamUnavailable("OpenAI answered without an embedding.") from error


class Embedded:
    """Relevance by embeddings, kept with the memories at a byte a number; by shared words if none comes."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    def mark(self, text: str) -> bytes:
        """Return the embedding as bytes; empty if there is none."""
        try:
            numbers = self._embeddings.embed(text, limits.EMBED_SECONDS)
        except UpstreamError as error:
            log.warning("memories.not_embedded", extra={"code": error.code})
            return b""
        largest = max(map(abs, numbers), default=0.0) or 1.0
        return bytes(round(number / largest * 127) + 128 for number in numbers)

    def rank(self, query: str, memories: Sequence[Memory], now: datetime) -> list[Memory]:
        """Return the memories, the most relevant first; those without an embedding last."""
        if not query.strip() or not any(memory.vector for memory in memories):
            return rank(query, memories, now)
        wanted = _numbers(self.mark(query))
        if not wanted:
            return rank(query, memories, now)

        def score(memory: Memory) -> float:
            return _likeness(wanted, _numbers(memory.vector)) + recency(memory, now)

        return sorted(memories, key=lambda memory: (-score(memory), memory.id))


def _numbers(vector: bytes) -> list[int]:
    return [number - 128 for number in vector]


def _likeness(one: list[int], other: list[int]) -> float:
    """Return the cosine of two vectors, 0 if they cannot be compared."""
    if len(one) != len(other):
        return 0.0
    length = (sum(map(mul, one, one)) * sum(map(mul, other, other))) ** 0.5
    return sum(map(mul, one, other)) / length if length else 0.0
