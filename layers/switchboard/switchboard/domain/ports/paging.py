"""Lists, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, and the cursor of the rest (None at the end)."""

    items: tuple[T, ...]
    cursor: str | None = None
