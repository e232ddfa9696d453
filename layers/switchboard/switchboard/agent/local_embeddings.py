"""Vectors from a model on this machine: an extra, which needs `sentence-transformers` installed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

from switchboard.agent.selection import pack


class LocalEmbeddings:
    """Embeds with a model of `sentence-transformers`, by its name; it is loaded at the first call."""

    def __init__(self, model: str) -> None:
        self._name = model

    async def __call__(self, texts: Sequence[str]) -> list[bytes]:
        """Return a packed unit vector for each text."""
        rows = await asyncio.to_thread(lambda: self._model.encode(list(texts)))
        return [pack([float(number) for number in row]) for row in rows]

    @cached_property
    def _model(self) -> Any:
        return import_module("sentence_transformers").SentenceTransformer(self._name)
