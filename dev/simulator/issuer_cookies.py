"""The forms in which Supabase's clients have kept a session in cookies, the broken ones too."""

import base64
import json
from urllib.parse import quote

from dev.simulator.wire import Json

CHUNK = 900
"""Characters of a chunk: fewer than the real 3,180, so that every session has several."""


def forms(project: str, token: str, email: str | None) -> dict[str, dict[str, str]]:
    """Each form's cookies by name, with values as a Cookie header carries them."""
    session: Json = {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": "refresh-token-of-the-simulator",
        "user": {"email": email, "identities": [{"provider": 'email, "quoted"; and more'}]},
    }
    text = json.dumps(session)
    name = f"sb-{project}-auth-token"
    escaped, encoded = quote(text, safe=""), "base64-" + _base64(text)
    listed = quote(json.dumps([token, "refresh", None, None, None]), safe="")
    return {
        "object": {name: escaped},
        "list": {name: listed},
        "base64": {name: encoded},
        "chunks": _chunks(name, escaped),
        "base64_chunks": _chunks(name, encoded),
        "token": {name: token},
        "half": dict(list(_chunks(name, encoded).items())[:-1]),
        "tail": dict(list(_chunks(name, encoded).items())[1:]),
        "cut": {name: encoded[: len(encoded) // 2]},
        "no_token": {name: quote(json.dumps({"refresh_token": "r"}), safe="")},
    }


def _chunks(name: str, value: str) -> dict[str, str]:
    pieces = [value[start : start + CHUNK] for start in range(0, len(value), CHUNK)]
    return {f"{name}.{number}": piece for number, piece in enumerate(pieces)}


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
