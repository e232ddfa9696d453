"""What a call has used, summed, and what that costs by a table of prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from json import loads

from switchboard.domain.transcript import Usage

Totals = Mapping[str, Mapping[str, float]]
"""By source (`response`, `transcription`), then by kind of token as in `Usage`; `seconds` are transcribed."""
Prices = Mapping[str, Mapping[str, float]]
"""By model: dollars per million tokens of each kind, and per `minute` transcribed. A dated name has its
family's prices: the longest name that it begins with counts."""

KINDS = ("text", "audio", "image")
COUNTED = tuple(field.name for field in fields(Usage) if field.name not in ("source", "id"))
PRICED = frozenset({*(f"{way}_{kind}" for way in ("input", "cached", "output") for kind in KINDS), "minute"})
REALTIME = {"input_text": 4.0, "cached_text": 0.4, "output_text": 16.0, "input_audio": 32.0}
MINI = {"input_text": 0.6, "cached_text": 0.06, "output_text": 2.4, "input_audio": 10.0}
PRICES: Prices = {
    "gpt-realtime": {
        **REALTIME,
        "cached_audio": 0.4,
        "output_audio": 64.0,
        "input_image": 5.0,
        "cached_image": 0.5,
    },
    "gpt-realtime-mini": {
        **MINI,
        "cached_audio": 0.3,
        "output_audio": 20.0,
        "input_image": 0.8,
        "cached_image": 0.08,
    },
    "gpt-live-transcribe": {"minute": 0.006},
    "gpt-4o-transcribe": {"input_text": 2.5, "input_audio": 6.0, "output_text": 10.0},
}
"""Assumed until told otherwise by configuration: a newer model has the prices of its family."""


def prices_of(text: str) -> Prices:
    """Return the default prices with those of a JSON object over them, model by model. Raise ValueError."""
    told = loads(text or "{}")
    if not isinstance(told, dict):
        raise ValueError("prices are a JSON object of models")
    for model, kinds in told.items():
        if not isinstance(kinds, dict) or not set(kinds) <= PRICED:
            raise ValueError(f"the prices of {model} are an object of {', '.join(sorted(PRICED))}")
        if not all(isinstance(price, int | float) and price >= 0 for price in kinds.values()):
            raise ValueError(f"the prices of {model} are dollars")
    return {**PRICES, **told}


def add(totals: Totals, usage: Usage) -> Totals:
    """Return the totals with one more event's usage."""
    counted = {kind: value for kind in COUNTED if (value := getattr(usage, kind))}
    before = totals.get(usage.source, {})
    merged = {kind: before.get(kind, 0) + counted.get(kind, 0) for kind in (*before, *counted)}
    return {**totals, usage.source: merged}


def cost(totals: Totals, model: str, transcription_model: str, prices: Prices) -> float | None:
    """Return dollars; None if a model that was used has no price."""
    dollars = 0.0
    for source, counted in totals.items():
        price = _price(transcription_model if source == "transcription" else model, prices)
        if price is None:
            return None
        dollars += counted.get("seconds", 0.0) / 60 * price.get("minute", 0.0)
        for kind in KINDS:
            cached = counted.get(f"cached_{kind}", 0)
            fresh = max(0, counted.get(f"input_{kind}", 0) - cached)
            full = price.get(f"input_{kind}", 0.0)
            made = counted.get(f"output_{kind}", 0) * price.get(f"output_{kind}", 0.0)
            dollars += (fresh * full + cached * price.get(f"cached_{kind}", full) + made) / 1_000_000
    return round(dollars, 6)


def _price(model: str, prices: Prices) -> Mapping[str, float] | None:
    families = [name for name in prices if model == name or model.startswith(f"{name}-")]
    return prices[max(families, key=len)] if families else None
