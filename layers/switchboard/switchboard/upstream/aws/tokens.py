"""Our chat tokens: signed by KMS, with a key that nobody can read, in plain JWT (ES256)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from switchboard.domain.chat_token import AUDIENCE, ChatClaims, ChatToken
from switchboard.domain.errors import Throttled
from switchboard.domain.ports.surroundings import NewId

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

BUSY = frozenset(
    {"ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException"}
)
POINT_BYTES = 65
"""A P-256 public key at the end of its DER: 0x04, then x and y of 32 bytes each."""


class KmsTokens:
    """Signs with the first of its keys and publishes all of them, so that a key can be replaced in peace."""

    def __init__(self, client: KMSClient, key_ids: Sequence[str], issuer: str, new_id: NewId) -> None:
        self._client = client
        self._key_ids = key_ids
        self._issuer = issuer
        self._new_id = new_id

    def sign(self, claims: ChatClaims, issued_at: datetime, expires_at: datetime) -> ChatToken:
        """Return a token. Raise Throttled."""
        header = {"alg": "ES256", "typ": "JWT", "kid": self._keys[0]["kid"]}
        payload = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": claims.user,
            "user": claims.user,
            "session": claims.session,
            "agent": claims.agent,
            "placement": claims.placement,
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": self._new_id("tok_"),
        }
        text = f"{_json(header)}.{_json(payload)}"
        answer = self._ask(
            "sign",
            KeyId=self._key_ids[0],
            Message=sha256(text.encode()).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        return ChatToken(f"{text}.{_base64(raw_signature(answer['Signature']))}", expires_at)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys. Raise Throttled."""
        return {"keys": self._keys}

    @cached_property
    def _keys(self) -> list[dict[str, str]]:
        return [_jwk(self._ask("get_public_key", KeyId=key_id)["PublicKey"]) for key_id in self._key_ids]

    def _ask(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] in BUSY:
                raise Throttled("The key service is busy.", retry_after=1) from error
            raise
        except BotoCoreError as error:
            raise Throttled("The key service did not answer in time.", retry_after=1) from error


def raw_signature(der: bytes) -> bytes:
    """Return the 64 bytes that a JWT wants of a DER signature: SEQUENCE of two INTEGERs, r and s."""
    first = 4 + der[3]
    r, s = der[4:first], der[first + 2 : first + 2 + der[first + 1]]
    return b"".join(int.from_bytes(number, "big").to_bytes(32, "big") for number in (r, s))


def _jwk(der: bytes) -> dict[str, str]:
    """Return a P-256 public key as a JWK; its id is its thumbprint (RFC 7638)."""
    point = der[-POINT_BYTES:]
    members = {"crv": "P-256", "kty": "EC", "x": _base64(point[1:33]), "y": _base64(point[33:])}
    thumbprint = sha256(dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {**members, "alg": "ES256", "use": "sig", "kid": _base64(thumbprint)}


def _json(value: dict[str, Any]) -> str:
    return _base64(dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
