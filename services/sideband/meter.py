"""Count what one call uses, know what it costs, and store it now and then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switchboard.domain.price import Prices, Totals, add, cost
from switchboard.domain.transcript import usage_of

from sideband import limits


class Meter:
    """One call's usage; each response and each transcription counts once, however often it is told.

    Args:
        totals: what the call had used when it was claimed.
        models: the realtime and the transcription model, by which it is priced.

    Attributes:
        totals: what it has used by now.
        earlier: dollars that the session's earlier calls have cost.
    """

    __slots__ = ("_models", "_prices", "_seen", "_stored", "_stored_at", "earlier", "totals")

    def __init__(self, totals: Totals | None, models: tuple[str, str], prices: Prices) -> None:
        self.totals: Totals = totals or {}
        self.earlier = 0.0
        self._models = models
        self._prices = prices
        self._seen: dict[tuple[str, int], None] = {}
        self._stored = self.totals
        self._stored_at = 0.0

    def take(self, event: Mapping[str, Any]) -> None:
        """Count what the event bills."""
        usage = usage_of(event)
        if usage is None:
            return
        mark = (usage.source, hash(usage.id))
        if mark in self._seen:
            return
        self._seen[mark] = None
        if len(self._seen) > limits.BILLED_KEPT:
            del self._seen[next(iter(self._seen))]
        self.totals = add(self.totals, usage)

    def price(self, totals: Totals | None) -> float:
        """Return the dollars of some usage; what has no price costs nothing."""
        return cost(totals or {}, *self._models, self._prices) or 0.0

    @property
    def spent(self) -> float:
        """The dollars of the session by now."""
        return self.earlier + self.price(self.totals)

    def due(self, now: float) -> bool:
        """True when there is news to store, and the last storing is long enough ago."""
        return self.totals is not self._stored and now - self._stored_at >= limits.METER

    def stored(self, totals: Totals, now: float) -> None:
        """Note that these totals are in the table."""
        self._stored, self._stored_at = totals, now

    @property
    def is_stored(self) -> bool:
        """True when the table has everything."""
        return self.totals is self._stored
