"""Change a session that others change too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from switchboard.domain import limits
from switchboard.domain.errors import SessionChanged

T = TypeVar("T")


def insist(change: Callable[[], T]) -> T:
    """Return what `change` returns: it reads a session, changes and writes it.

    It starts over when somebody else was faster, so it must be right whatever they have done. Raise
    SessionChanged if that happens `SESSION_TRIES` times.
    """
    for tries_left in reversed(range(limits.SESSION_TRIES)):
        try:
            return change()
        except SessionChanged:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")
