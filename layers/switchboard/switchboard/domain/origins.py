"""Which pages may ask, and be told the answer: an allow-list of origins."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

EXPOSED = "location, retry-after, x-guest-token"
"""Headers of answers that a page may read, beside those that every page may."""
ANY = "*"


def listed(allowed: str) -> list[str]:
    """Return the origins of a comma-separated list."""
    return [origin for each in allowed.split(",") if (origin := each.strip().rstrip("/"))]


def is_welcome(allowed: str, shown: str | None, host: str | None = None) -> bool:
    """Tell whether a page of that origin may use its visitor's cookies here.

    Whoever shows no origin is no page of another site; neither is a page that `host` itself has served.
    """
    if not shown or ANY in (origins := listed(allowed)) or shown in origins:
        return True
    return bool(host) and shown != "null" and urlsplit(shown).netloc == host


def cors(allowed: str, shown: str | None = None) -> dict[str, str]:
    """Return what lets a page of the origin `shown` read the answer, if it is on the list.

    An origin is echoed, never invented: with several on the list, an answer to none of them names none, and
    says that it depends on who asks. Cookies are never for everybody.
    """
    origins = listed(allowed)
    headers = {"access-control-expose-headers": EXPOSED}
    if ANY in origins:
        return {**headers, "access-control-allow-origin": ANY}
    if len(origins) == 1:
        origin: str | None = origins[0]
    else:
        origin = shown if shown in origins else None
        headers["vary"] = "origin"
    if origin is None:
        return headers
    return {
        **headers,
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
    }


def preflight(allowed: str, shown: str | None) -> Mapping[str, str]:
    """Return the answer to a browser that asks before it asks."""
    headers = cors(allowed, shown)
    if "access-control-allow-origin" not in headers:
        return headers
    return {
        **headers,
        "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
        "access-control-allow-headers": (
            "authorization, content-type, x-api-key, x-guest-token, last-event-id, x-openai-agents-sdk"
        ),
        "access-control-max-age": "600",
    }
