"""The ways in which a follow comes to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closed:
    """The call is over, or is to be: then `hang_up` says that we end it upstream."""

    reason: str
    hang_up: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """This host is leaving; another is to go on. With `linger` we listen until that one does."""

    linger: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Another host follows the call already; this one writes what it hears until that has the pages."""


Ending = Closed | Released | Lost
Stop = Callable[[Ending], None]

ENDED = Closed("ended", hang_up=True)
REPLACED = Closed("replaced", hang_up=True)
UNWANTED = Closed("too_many_calls", hang_up=True)
TOO_LONG = Closed("expired", hang_up=True)
SILENT = Closed("idle", hang_up=True)
PAST_LIMIT = Closed("too_long", hang_up=True)
SPENT = Closed("budget", hang_up=True)
EXPIRED = Closed("expired")
HUNG_UP = Closed("hung_up")
NOT_FOUND = Closed("not_found")
REFUSED = Closed("refused")
