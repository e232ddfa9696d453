"""The upstream's models of text: what they say, and where they place it."""

from __future__ import annotations

from typing import Any, Protocol


class Responses(Protocol):
    """The upstream's responses API."""

    def text(self, instructions: str, text: str, max_tokens: int, seconds: float) -> str:
        """Return the model's words about `text`. Raise an UpstreamError."""

    def structured(
        self, instructions: str, text: str, name: str, schema: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Return the model's answer, valid under `schema`. Raise an UpstreamError."""


class Embeddings(Protocol):
    """The upstream's embeddings."""

    def embed(self, text: str, seconds: float) -> tuple[float, ...]:
        """Return where a text lies among others. Raise an UpstreamError."""
