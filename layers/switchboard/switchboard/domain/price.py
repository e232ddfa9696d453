"""What a call has used, summed, and what that costs by a table of prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from json import loads
from math import isfinite

from switchboard.domain.transcript import Usage

Totals = Mapping[str, Mapping[str, float]]
"""By source, then by kind of token as in `Usage`; `seconds` are transcribed.

The sources are `response` and `transcription`, and `transcription:other-model` for what was done by a model
that the session did not ask for, if that has other prices.
"""
Prices = Mapping[str, Mapping[str, float]]
"""By model: dollars per million tokens of each kind, and per `minute` transcribed. A dated name has its
family's prices: the longest name that it begins with counts."""

KINDS = ("text", "audio", "image")
COUNTED = tuple(field.name for field in fields(Usage) if field.name not in ("source", "id"))
PRICED = frozenset({*(f"{way}_{kind}" for way in ("input", "cached", "output") for kind in KINDS), "minute"})
REALTIME = {
    "input_text": 4.0,
    "cached_text": 0.4,
    "output_text": 16.0,
    "input_audio": 32.0,
    "cached_audio": 0.4,
    "output_audio": 64.0,
    "input_image": 5.0,
    "cached_image": 0.5,
}
MINI = {
    "input_text": 0.6,
    "cached_text": 0.06,
    "output_text": 2.4,
    "input_audio": 10.0,
    "cached_audio": 0.3,
    "output_audio": 20.0,
    "input_image": 0.8,
    "cached_image": 0.08,
}
PRICES: Prices = {
    "gpt-realtime": REALTIME,
    "gpt-realtime-2": {**REALTIME, "output_text": 24.0},
    "gpt-realtime-2.1": {**REALTIME, "output_text": 24.0},
    "gpt-realtime-mini": MINI,
    "gpt-realtime-2.1-mini": MINI,
    "gpt-realtime-whisper": {"minute": 0.017},
    "gpt-live-transcribe": {"minute": 0.017},
    "gpt-transcribe": {"minute": 0.0045},
    "gpt-4o-transcribe": {"input_text": 2.5, "input_audio": 6.0, "output_text": 10.0},
    "gpt-4o-mini-transcribe": {"input_text": 1.25, "input_audio": 3.0, "output_text": 5.0},
    "whisper-1": {"minute": 0.006},
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
        if not all(
            isinstance(price, int | float) and isfinite(price) and price >= 0 for price in kinds.values()
        ):
            raise ValueError(f"the prices of {model} are dollars")
    return {**PRICES, **told}


def add(totals: Totals, usage: Usage) -> Totals:
    """Return the totals with one more event's usage."""
    counted = {kind: value for kind in COUNTED if (value := getattr(usage, kind))}
    before = totals.get(usage.source, {})
    merged = {kind: before.get(kind, 0) + counted.get(kind, 0) for kind in (*before, *counted)}
    return {**totals, usage.source: merged}


def cost(totals: Totals, model: str, transcription_model: str, prices: Prices) -> float | None:
    """Return dollars; None if something that was used has no price."""
    models = {"transcription": transcription_model}
    parts = [
        _dollars(counted, price_of(_model(source, models, model), prices) or {})
        for source, counted in totals.items()
    ]
    known = [dollars for dollars in parts if dollars is not None]
    return round(sum(known), 6) if len(known) == len(parts) else None


def at_most(totals: Totals, model: str, transcription_model: str, prices: Prices) -> float:
    """Return dollars, where what has no price is as dear as anything of its kind: no limit is blind."""
    kinds = {kind for price in prices.values() for kind in price}
    dearest = dict.fromkeys(PRICED, 0.0)
    dearest |= {kind: max(price.get(kind, 0.0) for price in prices.values()) for kind in kinds}
    models = {"transcription": transcription_model}
    parts = (
        _dollars(counted, {**dearest, **_whole(price_of(_model(source, models, model), prices) or {})})
        for source, counted in totals.items()
    )
    return round(sum(dollars or 0.0 for dollars in parts), 6)


def price_of(model: str, prices: Prices) -> Mapping[str, float] | None:
    """Return what the model costs, None if it has no price."""
    families = [name for name in prices if model == name or model.startswith(f"{name}-")]
    return prices[max(families, key=len)] if families else None


def _model(source: str, models: Mapping[str, str], otherwise: str) -> str:
    kind, _, named = source.partition(":")
    return named or models.get(kind, otherwise)


def _whole(price: Mapping[str, float]) -> Mapping[str, float]:
    """Return a model's prices with those of cached input: where it has none, it is as dear as any."""
    full = {f"cached_{kind}": price[f"input_{kind}"] for kind in KINDS if f"input_{kind}" in price}
    return {**full, **price}


def _dollars(counted: Mapping[str, float], price: Mapping[str, float]) -> float | None:
    price = _whole(price)
    used = {"minute": counted.get("seconds", 0.0) / 60 * 1_000_000}
    for kind in KINDS:
        cached = counted.get(f"cached_{kind}", 0)
        used[f"cached_{kind}"] = cached
        used[f"input_{kind}"] = max(0, counted.get(f"input_{kind}", 0) - cached)
        used[f"output_{kind}"] = counted.get(f"output_{kind}", 0)
    if any(amount and kind not in price for kind, amount in used.items()):
        return None
    return sum(amount * price[kind] for kind, amount in used.items() if amount) / 1_000_000
