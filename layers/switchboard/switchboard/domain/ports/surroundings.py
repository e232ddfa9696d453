"""What every process gives: time, chance, and somewhere to count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

Clock = Callable[[], datetime]
"""Return the time, aware and in UTC."""
NewId = Callable[[str], str]
"""Return a new id with that prefix, such as `sess_…`, of at least 96 random bits."""
Sleep = Callable[[float], None]
"""Wait that many seconds."""


class Counts(Protocol):
    """Where what happens is counted."""

    def tell(self, name: str, value: float, unit: str) -> None:
        """Count `value` under the metric's name."""
