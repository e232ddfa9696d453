"""Supabase: the cookie in which its clients keep a session, and the question whether a token still counts."""

from __future__ import annotations

import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from json import loads
from typing import Any
from urllib.parse import unquote, urlsplit

from switchboard.domain import limits
from switchboard.upstream.identity.fetch import Fetch, FetchFailed
from switchboard.upstream.identity.refused import Refused

log = logging.getLogger(__name__)
COOKIE = re.compile(r"sb-[A-Za-z0-9_-]{1,64}-auth-token")


def project_of(url: str | None) -> str | None:
    """Return the project that a Supabase URL names, as its clients do: the host up to the first dot."""
    host = urlsplit(url).hostname if url else None
    return host.partition(".")[0] if host else None


def cookies_of(header: str) -> dict[str, str]:
    """Return the cookies of a header; of two with one name the first, which has the longer path."""
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals:
            found.setdefault(name, value.strip().strip('"'))
    return found


def token_in(header: str, project: str | None) -> str | None:
    """Return the access token of the Supabase cookie, or None if there is no such cookie.

    `sb-<project>-auth-token`, whole or in chunks `.0`, `.1`, …; URL-encoded, or `base64-` and base64url; the
    session as JSON object, the older list, or the token alone. Raise Refused for half a cookie, and for
    cookies of several projects when it is not configured which is ours.
    """
    cookies = cookies_of(header)
    stems = {name.partition(".")[0] for name in cookies if COOKIE.fullmatch(name.partition(".")[0])}
    wanted = stems if project is None else stems & {f"sb-{project}-auth-token"}
    values = [value for stem in sorted(wanted) if (value := _joined(cookies, stem)) is not None]
    if not values:
        return None
    if len(values) > 1:
        raise Refused("credentials_disagree")
    return _access_token(values[0])


class SupabaseUsers:
    """Asks Supabase whether a token still counts; remembers the answer for a minute."""

    def __init__(
        self, url: str, service_role_key: Callable[[], str], fetch: Fetch, clock: Callable[[], datetime]
    ) -> None:
        self.issuer = f"{url}/auth/v1"
        self._key = service_role_key
        self._fetch = fetch
        self._clock = clock
        self._seen: dict[str, tuple[datetime, bool]] = {}

    def check(self, token: str, subject: str) -> bool | None:
        """Return whether the user's e-mail address is confirmed. Raise Refused if the token counts no more.

        A Supabase that does not answer leaves it at what the token says, and None: the signature was good.
        """
        name, now = sha256(token.encode()).hexdigest(), self._clock()
        until, confirmed = self._seen.get(name, (now, False))
        if until > now:
            return confirmed
        headers = {"apikey": self._key(), "authorization": f"Bearer {token}"}
        try:
            status, user = self._fetch(f"{self.issuer}/user", headers)
        except FetchFailed:
            log.warning("identity.not_revalidated")
            return None
        if status >= 500 or status == 429:
            log.warning("identity.not_revalidated", extra={"status": status})
            return None
        if status != 200 or user.get("id") != subject:
            raise Refused("revoked")
        confirmed = bool(user.get("email_confirmed_at"))
        self._remember(name, confirmed, now)
        return confirmed

    def _remember(self, name: str, confirmed: bool, now: datetime) -> None:
        while len(self._seen) >= limits.REVALIDATED_TOKENS:
            self._seen.pop(next(iter(self._seen)))
        self._seen[name] = now + timedelta(seconds=limits.REVALIDATED_SECONDS), confirmed


def _joined(cookies: Mapping[str, str], stem: str) -> str | None:
    """Return the whole value; a cookie that sign-out has emptied is none."""
    if cookies.get(stem):
        return cookies[stem]
    chunks: list[str] = []
    while value := cookies.get(f"{stem}.{len(chunks)}"):
        chunks.append(value)
    if not chunks and any(name.startswith(f"{stem}.") and value for name, value in cookies.items()):
        raise Refused("malformed")  # its beginning is missing
    return "".join(chunks) or None


def _access_token(value: str) -> str:
    value = unquote(value)
    try:
        if value.startswith("base64-"):
            raw = value.removeprefix("base64-")
            value = urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
        session: Any = loads(value) if value[:1] in ("{", "[", '"') else value
    except (ValueError, RecursionError):
        raise Refused("malformed") from None
    if isinstance(session, dict):
        session = session.get("access_token")
    elif isinstance(session, list):
        session = session[0] if session else None
    if not isinstance(session, str):
        raise Refused("malformed")
    return session
