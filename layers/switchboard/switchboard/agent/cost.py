"""What tokens cost, in whole nano-dollars, so that sums stay exact."""

from __future__ import annotations

from switchboard.agent.settings import Prices
from switchboard.agent.turn import Usage

NANO = 1_000_000_000
PER_TOKEN = NANO // 1_000_000
"""Nano-dollars of one token at one dollar for a million."""


def nano_usd(usage: Usage, prices: Prices) -> int | None:
    """Return the cost; None if no price is configured. Cached input costs as other input unless said."""
    if prices.input is None and prices.output is None:
        return None
    full = prices.input or 0.0
    cached = full if prices.cached is None else prices.cached
    fresh = usage.input_tokens - usage.cached_tokens
    dollars_per_million = (
        fresh * full + usage.cached_tokens * cached + usage.output_tokens * (prices.output or 0.0)
    )
    return round(dollars_per_million * PER_TOKEN)


def usd(nano: int | None) -> float | None:
    """Return dollars for people and JSON."""
    return None if nano is None else round(nano / NANO, 9)
