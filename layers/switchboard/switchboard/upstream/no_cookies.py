"""Clients that serve many people keep no cookies: one would tell a server that all of them are the first."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy


def no_cookies() -> CookieJar:
    """Return a jar for an HTTP client, which takes nothing and gives nothing."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
