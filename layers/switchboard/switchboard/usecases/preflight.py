"""Tell a browser whether a page of another origin may ask: the answer to OPTIONS on every path."""

from __future__ import annotations

from switchboard.domain import origins


def preflight(allowed: str, shown: str | None) -> dict[str, str]:
    """Return the answer's headers, for the allow-list and the origin that the browser shows."""
    return dict(origins.preflight(allowed, shown))
