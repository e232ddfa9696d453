"""Count what one call uses, know what it costs, and store it now and then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from switchboard.domain.price import Prices, Totals, add, at_most, price_of
from switchboard.domain.transcript import usage_of
from switchboard.domain.transcript.snapshot import label, mapping

from sideband import limits


class Meter:
    """One call's usage; each response and each transcription counts once, however often it is told.

    Args:
        totals: what the call had used when it was claimed.
        models: the realtime and the transcription model that the session asked for, by which it is priced.
            A browser may have changed them; then what the others do counts apart.

    Attributes:
        totals: what it has used by now.
        earlier: dollars that the session's other calls have cost, None until somebody has looked.
    """

    __slots__ = (
        *("_due_at", "_models", "_priced", "_prices", "_seen", "_spent", "_stored", "_told"),
        *("earlier", "totals"),
    )

    def __init__(self, totals: Totals | None, models: tuple[str, str], prices: Prices) -> None:
        self.totals: Totals = totals or {}
        self.earlier: float | None = None
        self._models = models
        self._prices = prices
        self._told: dict[str, str] = {}
        self._seen: dict[tuple[str, int], None] = {}
        self._stored = self.totals
        self._due_at = 0.0
        self._priced: Totals | None = None
        self._spent = 0.0

    def take(self, event: Mapping[str, Any]) -> None:
        """Count what the event bills, and note by which models from now on."""
        if event.get("type") == "session.updated":
            self._learn(mapping(event, "session"))
        usage = usage_of(event)
        if usage is None:
            return
        mark = (usage.source, hash(usage.id))
        if mark in self._seen:
            return
        self._seen[mark] = None
        if len(self._seen) > limits.BILLED_KEPT:
            del self._seen[next(iter(self._seen))]
        source = self._source(usage.source)
        self.totals = add(self.totals, usage if source == usage.source else replace(usage, source=source))

    def _learn(self, session: Mapping[str, Any]) -> None:
        transcription = mapping(mapping(mapping(session, "audio"), "input"), "transcription")
        told = {"response": label(session, "model"), "transcription": label(transcription, "model")}
        self._told |= {source: model for source, model in told.items() if model}

    def _source(self, source: str) -> str:
        """Return as what to count: apart from the rest if it was done by a model with other prices."""
        expected = self._models[source == "transcription"]
        told = self._told.get(source, expected)
        if told == expected or price_of(told, self._prices) == price_of(expected, self._prices):
            return source
        apart = f"{source}:{told}"
        return apart if apart in self.totals or len(self.totals) < limits.MODELS_KEPT else source

    def price(self, totals: Totals | None) -> float:
        """Return the dollars of some usage; what has no price is as dear as anything of its kind."""
        return at_most(totals or {}, *self._models, self._prices)

    @property
    def spent(self) -> float:
        """The dollars of the session by now."""
        if self._priced is not self.totals:  # asked of every call every two seconds
            self._priced, self._spent = self.totals, self.price(self.totals)
        return (self.earlier or 0.0) + self._spent

    def due(self, now: float) -> bool:
        """True when there is news to store, and the last storing is long enough ago."""
        return self.totals is not self._stored and now >= self._due_at

    def stored(self, totals: Totals, due_at: float) -> None:
        """Note that these totals are in the table, and when others are due."""
        self._stored, self._due_at = totals, due_at

    @property
    def is_stored(self) -> bool:
        """True when the table has everything."""
        return self.totals is self._stored
