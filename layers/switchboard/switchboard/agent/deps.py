"""What an agent works with, each part under the name of what it does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from switchboard.agent import limits
from switchboard.agent.history import HistoryParts
from switchboard.agent.settings import Prices
from switchboard.agent.stores.store import SessionStore
from switchboard.agent.tools import Toolbox

Json = dict[str, Any]


class Upstream(Protocol):
    """Where answers come from."""

    def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        """Yield the events of one response. Raise an UpstreamError."""


@dataclass(frozen=True)
class Deps:
    """The parts of an agent. `hosted` are tools that the upstream runs itself, in its own words.

    `store` is where sessions are kept that a caller brings no store for.
    """

    upstream: Upstream
    store: Callable[[], SessionStore]
    parts: HistoryParts
    model: str
    instructions: str
    toolbox: Toolbox = field(default_factory=Toolbox)
    hosted: Sequence[Json] = ()
    prices: Prices = field(default_factory=Prices)
    rate_queries: int = limits.RATE_QUERIES
