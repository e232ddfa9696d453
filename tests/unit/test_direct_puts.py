"""What a host asks of the table without the SDK is signed as the SDK would sign it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from switchboard.stores.dynamodb.direct import signed

NOW = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
HOST = "dynamodb.eu-west-1.amazonaws.com"
BODY = '{"TableName":"a table","Item":{"words":{"S":"größer 🙂"}}}'.encode()


def sdks(credentials: ReadOnlyCredentials, headers: dict[str, str]) -> str:
    """The signature that the SDK puts to a request with that body and those headers."""
    request = AWSRequest("POST", f"https://{HOST}/", headers=headers, data=BODY)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(credentials, "dynamodb", "eu-west-1")
    said = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(said, request))


@pytest.mark.parametrize("token", [None, "a token/of+some=role"])
def test_a_put_is_signed_as_the_sdk_signs_it(token: str | None) -> None:
    credentials = ReadOnlyCredentials("AKIA", "a secret/key", token)
    headers = signed("PutItem", BODY, HOST, "eu-west-1", credentials, NOW)
    authorization = headers.pop("authorization")
    assert authorization.endswith(f"Signature={sdks(credentials, headers)}")
    assert "Credential=AKIA/20260301/eu-west-1/dynamodb/aws4_request" in authorization
    assert headers.get("x-amz-security-token") == token


def test_every_header_but_the_signature_is_signed() -> None:
    headers = signed("PutItem", BODY, HOST, "eu-west-1", ReadOnlyCredentials("AKIA", "key", "token"), NOW)
    names = [name for name in headers if name != "authorization"]
    assert f"SignedHeaders={';'.join(sorted(names))}," in headers["authorization"]
