"""Our chat tokens: any service can check them with the public keys, and our reader believes no others."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from json import dumps
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from hypothesis import given
from hypothesis import strategies as st
from switchboard.domain.chat_token import AUDIENCE, ChatClaims
from switchboard.domain.errors import Throttled, Unauthorized
from switchboard.upstream.aws.token_reader import JwtReader
from switchboard.upstream.aws.tokens import KmsTokens, raw_signature

from tests.unit.fakes import START, FakeClock, FakeIds

CLAIMS = ChatClaims(user="user:ann", session="cdx_1", agent="assistant", placement="sidebar")
ISSUER = "switchboard-test"


class FakeKms:
    """Signs with keys of its own, as KMS does: the digest, in DER."""

    def __init__(self) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("old", "new")}
        self.fails: Exception | None = None
        self.asked: list[str] = []

    def sign(self, **request: Any) -> dict[str, bytes]:
        self._ask("sign")
        assert (request["MessageType"], request["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        algorithm = ec.ECDSA(Prehashed(hashes.SHA256()))
        return {"Signature": self.keys[request["KeyId"]].sign(request["Message"], algorithm)}

    def get_public_key(self, **request: Any) -> dict[str, bytes]:
        self._ask("get_public_key")
        public = self.keys[request["KeyId"]].public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return {"PublicKey": public.public_bytes(serialization.Encoding.DER, form)}

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fails:
            raise self.fails


@pytest.fixture
def kms() -> FakeKms:
    return FakeKms()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def tokens(kms: Any, *keys: str) -> KmsTokens:
    return KmsTokens(kms, keys or ("new",), ISSUER, FakeIds())


def reader(signer: KmsTokens, clock: FakeClock, issuer: str = ISSUER) -> JwtReader:
    return JwtReader(signer.jwks, issuer, clock)


def signed(signer: KmsTokens, seconds: int = 600) -> str:
    return signer.sign(CLAIMS, START, START + timedelta(seconds=seconds)).value


def forged(key: Any, headers: dict[str, Any], algorithm: str = "ES256", **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user:eve",
        "user": "user:eve",
        "session": "cdx_1",
        "agent": "assistant",
        "placement": "sidebar",
        "iat": int(START.timestamp()),
        "exp": int(START.timestamp()) + 600,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers=headers)


def test_a_token_says_whose_it_is_and_is_believed(kms: FakeKms, clock: FakeClock) -> None:
    signer = tokens(kms)
    assert reader(signer, clock).read(signed(signer)) == CLAIMS


def test_any_service_can_check_it_with_the_public_keys(kms: FakeKms) -> None:
    signer = tokens(kms)
    token = signed(signer)
    [key] = jwt.PyJWKSet.from_dict(signer.jwks()).keys
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": key.key_id}
    claims = jwt.decode(token, key.key, ["ES256"], audience=AUDIENCE, options={"verify_exp": False})
    assert claims["session"] == "cdx_1"
    assert claims["exp"] - claims["iat"] == 600


def test_a_key_is_named_by_its_thumbprint(kms: FakeKms) -> None:
    [key] = tokens(kms).jwks()["keys"]
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}
    digest = sha256(dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    assert key["kid"] == urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_a_token_of_the_last_key_is_believed_while_that_is_published(kms: FakeKms, clock: FakeClock) -> None:
    old = signed(tokens(kms, "old"))
    assert reader(tokens(kms, "new", "old"), clock).read(old) == CLAIMS
    with pytest.raises(Unauthorized):
        reader(tokens(kms, "new"), clock).read(old)


def test_public_keys_are_read_once(kms: FakeKms, clock: FakeClock) -> None:
    signer = tokens(kms)
    for _ in range(3):
        reader(signer, clock).read(signed(signer))
    assert kms.asked.count("get_public_key") == 1


def test_a_token_is_over_when_its_time_is(kms: FakeKms, clock: FakeClock) -> None:
    signer = tokens(kms)
    token = signed(signer)
    clock.sleep(599)
    reader(signer, clock).read(token)
    clock.sleep(1)
    with pytest.raises(Unauthorized):
        reader(signer, clock).read(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "authenticated"},
        {"aud": None},
        {"iss": "switchboard-other"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"iat": None},
        {"sub": None},
        {"user": None},
        {"session": 7},
        {"agent": ["assistant"]},
    ],
)
def test_a_signature_alone_is_not_enough(kms: FakeKms, clock: FakeClock, changes: dict[str, Any]) -> None:
    signer = tokens(kms)
    kid = signer.jwks()["keys"][0]["kid"]
    token = forged(kms.keys["new"], {"kid": kid}, **changes)
    with pytest.raises(Unauthorized):
        reader(signer, clock).read(token)


def test_a_forged_token_is_not_believed_however_it_names_its_key(kms: FakeKms, clock: FakeClock) -> None:
    signer = tokens(kms)
    [key] = signer.jwks()["keys"]
    stranger = ec.generate_private_key(ec.SECP256R1())
    secret = dumps(key) + "x" * 32
    for token in (
        forged(stranger, {"kid": key["kid"]}),
        forged(stranger, {"kid": "other"}),
        forged(stranger, {}),
        forged(stranger, {"kid": key["kid"], "jwk": key, "jku": "https://eve.example/keys"}),
        forged(secret, {"kid": key["kid"]}, algorithm="HS256"),
        forged(None, {"kid": key["kid"]}, algorithm="none"),
    ):
        with pytest.raises(Unauthorized):
            reader(signer, clock).read(token)


@pytest.mark.parametrize(
    "junk", ["", "a.b.c", "....", "ü" * 10, "x" * 100_000, "eyJhbGciOiJFUzI1NiJ9..", "\x00"]
)
def test_junk_is_refused_and_never_crashes(kms: FakeKms, clock: FakeClock, junk: str) -> None:
    with pytest.raises(Unauthorized):
        reader(tokens(kms), clock).read(junk)


def test_a_token_does_not_print_itself(kms: FakeKms) -> None:
    token = tokens(kms).sign(CLAIMS, START, START + timedelta(seconds=600))
    assert token.value not in repr(token)


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Sign"),
        ReadTimeoutError(endpoint_url="kms"),
    ],
    ids=["throttled", "slow"],
)
def test_a_busy_key_service_is_told_as_such(kms: FakeKms, failure: Exception) -> None:
    signer = tokens(kms)
    signer.jwks()
    kms.fails = failure
    with pytest.raises(Throttled):
        signed(signer)


@given(st.binary(min_size=32, max_size=32))
def test_every_signature_becomes_64_bytes_that_verify(digest: bytes) -> None:
    raw = raw_signature(KEY.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
    assert len(raw) == 64


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_numbers_of_any_length_are_padded(r: int, s: int) -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    assert raw_signature(encode_dss_signature(r, s)) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


KEY = ec.generate_private_key(ec.SECP256R1())
