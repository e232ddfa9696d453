"""Asks the table without the SDK's machinery: signed here, sent over a connection of the thread's own.

Requests are a host's dearest work: one through the SDK takes four times the CPU that it takes so. A host may
repeat any of these without harm. What else is asked goes to the SDK's client, in whose place this stands.
"""

from __future__ import annotations

import ssl
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import sha256
from hmac import digest
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from json import dumps, loads
from threading import local
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from botocore.exceptions import ClientError, HTTPClientError
from botocore.session import Session

from switchboard.domain import limits

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

API = "DynamoDB_20120810"
CONTENT = "application/x-amz-json-1.0"
OPERATIONS = {"put_item": "PutItem", "update_item": "UpdateItem", "get_item": "GetItem", "query": "Query"}


def direct(client: DynamoDBClient) -> DynamoDBClient:
    """Return a client that asks on its own; this one where only the SDK finds the way, as through a proxy."""
    credentials = Session().get_credentials()
    url = urlsplit(client.meta.endpoint_url)
    proxied = url.scheme in getproxies() and not proxy_bypass(url.netloc)
    if credentials is None or proxied:
        return client
    return cast("DynamoDBClient", Direct(client, credentials, limits.AWS_READ_SECONDS))


class Direct:
    """A client of DynamoDB whose methods named in `OPERATIONS` are its own.

    They raise ClientError, or HTTPClientError if there was no answer.

    Args:
        client: does everything else, and knows endpoint and region.
        credentials: the SDK's, which renew themselves; asked for with every request.
        seconds: for the table to answer.
    """

    def __init__(self, client: DynamoDBClient, credentials: Any, seconds: float) -> None:
        self._client = client
        self._credentials = credentials
        self._seconds = seconds
        self._region = client.meta.region_name
        self._url = urlsplit(client.meta.endpoint_url)
        self._trust = ssl.create_default_context() if self._url.scheme == "https" else None
        self._threads = local()

    def __getattr__(self, name: str) -> Any:
        operation = OPERATIONS.get(name)
        return partial(self._ask, operation) if operation else getattr(self._client, name)

    @property
    def url(self) -> SplitResult:
        """Where the table is."""
        return self._url

    @property
    def trust(self) -> ssl.SSLContext | None:
        """Whom to trust there; None without TLS."""
        return self._trust

    @property
    def is_ready(self) -> bool:
        """True if a message can be signed at once; False if the credentials must be renewed before."""
        due = getattr(self._credentials, "refresh_needed", None)
        return due is None or not due()

    def message(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Return the request as it goes over the wire, good for some minutes."""
        body = dumps(request, separators=(",", ":"), default=_text).encode()
        frozen = self._credentials.get_frozen_credentials()
        headers = signed(operation, body, self._url.netloc, self._region, frozen, datetime.now(UTC))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body

    def _ask(self, operation: str, **request: Any) -> dict[str, Any]:
        return told(operation, *self._post(self.message(operation, request)))

    def _post(self, request: bytes) -> tuple[int, bytes]:
        """Return status and answer. A connection that has rested may be closed; then comes a fresh one."""
        while True:
            connection: HTTPConnection | None = getattr(self._threads, "connection", None)
            is_fresh = connection is None
            try:
                if connection is None:
                    connection = self._connection()
                    connection.connect()
                    self._threads.connection = connection
                connection.sock.sendall(request)  # at once: in two pieces it would cost a third more
                response = HTTPResponse(connection.sock, method="POST")
                response.begin()
                answer = response.read()
            except (OSError, HTTPException) as error:
                self._forget(connection)
                if is_fresh or isinstance(error, TimeoutError):
                    raise HTTPClientError(error=error) from error
            else:
                if response.will_close:
                    self._forget(connection)
                return response.status, answer

    def _forget(self, connection: HTTPConnection | None) -> None:
        self._threads.connection = None
        if connection is not None:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._trust is None:
            return HTTPConnection(host, port, timeout=self._seconds)
        return HTTPSConnection(host, port, timeout=self._seconds, context=self._trust)


def told(operation: str, status: int, answer: bytes) -> dict[str, Any]:
    """Return what was answered, as the SDK does. Raise ClientError."""
    fields = _json(answer)
    if status != 200:
        code = str(fields.get("__type", "InternalServerError")).rpartition("#")[2]
        raise ClientError({"Error": {"Code": code, "Message": str(fields.get("message", ""))}}, operation)
    for row in (*fields.get("Items", ()), fields.get("Item", {})):
        _with_bytes(row)
    return fields


def signed(
    operation: str, body: bytes, host: str, region: str, credentials: Any, now: datetime
) -> dict[str, str]:
    """Return the headers of a request with that body, signed as AWS wants it (signature version 4)."""
    headers = {"content-type": CONTENT, "host": host, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    headers["x-amz-target"] = f"{API}.{operation}"
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
    scope = f"{now:%Y%m%d}/{region}/dynamodb/aws4_request"
    said = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = digest(_key(credentials.secret_key, scope), said.encode(), "sha256").hex()
    who = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {who}"}


@lru_cache(maxsize=2)
def _key(secret: str, scope: str) -> bytes:
    """Return the key of one day."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = digest(key, part.encode(), "sha256")
    return key


def _text(value: Any) -> str:
    """Return bytes as JSON can hold them. Raise TypeError for anything else."""
    if not isinstance(value, bytes):
        raise TypeError(f"a request holds no {type(value).__name__}")
    return b64encode(value).decode()


def _with_bytes(row: dict[str, dict[str, Any]]) -> None:
    """Turn a row's bytes from text into what they are."""
    for typed in row.values():
        if "B" in typed:
            typed["B"] = b64decode(typed["B"])


def _json(answer: bytes) -> dict[str, Any]:
    """Return the object that was answered; an empty one for anything else, such as a proxy's page."""
    try:
        told = loads(answer or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
