"""Bearer tokens of made-up users, signed with the running local stack's own secret."""

from __future__ import annotations

import time
from collections.abc import Mapping

import jwt

from dev.engine import clients

TOKEN_S = 3600
"""Long enough for any look around; the next command makes another."""
AUDIENCE = "authenticated"


def user_token(engine_url: str, physical_ids: Mapping[str, str], subject: str) -> str:
    """Return a token of that user, with a verified address, as an identity provider would issue it."""
    secrets = clients.client("secretsmanager", engine_url)
    secret = secrets.get_secret_value(SecretId=physical_ids["JwtSigningSecret"])["SecretString"]
    claims = {
        "sub": subject,
        "aud": AUDIENCE,
        "exp": int(time.time()) + TOKEN_S,
        "email": f"{subject}@example.com",
        "email_verified": True,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
