"""Client secrets in the table: encrypted with KMS, bound to their session, gone when they expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from switchboard.domain.errors import NotFound, Throttled
from switchboard.domain.secret import ClientSecret
from switchboard.stores.dynamodb.failures import SILENT
from switchboard.stores.dynamodb.table import Row, Table

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

BUSY = frozenset(
    {
        "ThrottlingException",
        "LimitExceededException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "KeyUnavailableException",
    }
)
"""Codes of the key service that a repeat may heal."""


class DynamoSecrets:
    """The client secrets. Only ciphertext reaches the table; the session's id is its encryption context."""

    def __init__(self, table: Table, client: KMSClient, key_id: str, clock: Callable[[], datetime]) -> None:
        self._table = table
        self._client = client
        self._key_id = key_id
        self._clock = clock

    def add(self, session_id: str, generation: int, secret: ClientSecret) -> str:
        """Store the secret and return the id that names it."""
        secret_id = f"{generation:08d}#{token_hex(12)}"
        sealed = self._ask("encrypt", session_id, KeyId=self._key_id, Plaintext=secret.value.encode())
        self._table.put(
            {
                "pk": f"SESSION#{session_id}",
                "sk": f"SECRET#{secret_id}",
                "sealed": sealed["CiphertextBlob"],
                "expires_at": secret.expires_at.isoformat(),
                "ttl": int(secret.expires_at.timestamp()),
            }
        )
        return secret_id

    def get(self, session_id: str, secret_id: str) -> ClientSecret:
        """Return the secret. Raise NotFound if it is missing or has expired."""
        row = self._table.get(f"SESSION#{session_id}", f"SECRET#{secret_id}")
        if row is None or self._expired(row):
            raise NotFound("There is no such secret.")
        return self._open(session_id, row)

    def list(self, session_id: str) -> tuple[ClientSecret, ...]:
        """Return those that have not expired, newest first."""
        rows = self._table.query(f"SESSION#{session_id}", "SECRET#", newest_first=True)
        return tuple(self._open(session_id, row) for row in rows if not self._expired(row))

    def _expired(self, row: Row) -> bool:
        return datetime.fromisoformat(row["expires_at"]) <= self._clock()

    def _open(self, session_id: str, row: Row) -> ClientSecret:
        opened = self._ask("decrypt", session_id, KeyId=self._key_id, CiphertextBlob=row["sealed"])
        return ClientSecret(opened["Plaintext"].decode(), datetime.fromisoformat(row["expires_at"]))

    def _ask(self, operation: str, session_id: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(EncryptionContext={"session_id": session_id}, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] in BUSY:
                raise Throttled("The key service is busy.", retry_after=1) from error
            raise
        except SILENT as error:
            raise Throttled("The key service did not answer in time.", retry_after=1) from error
