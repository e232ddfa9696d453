"""Key pairs of an issuer, one for each algorithm, and how they are published."""

import base64
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from dev.simulator.wire import Json

Algorithm = Literal["RS256", "ES256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256", "EdDSA")
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class KeyPair:
    """A private key, and the name under which its public half is published."""

    algorithm: Algorithm
    key_id: str
    private: PrivateKey

    def sign(self, text: bytes) -> bytes:
        """The signature of a text, as tokens carry it."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(text)
        r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public(self) -> Json:
        """The public half as a JWK."""
        common = {"kid": self.key_id, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3), **common}
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes_raw()
            return {"kty": "OKP", "crv": "Ed25519", "x": _encoded(raw), **common}
        point = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32), **common}


def make(algorithm: Algorithm, key_id: str) -> KeyPair:
    """A new pair."""
    if algorithm == "RS256":
        return KeyPair(algorithm, key_id, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    if algorithm == "ES256":
        return KeyPair(algorithm, key_id, ec.generate_private_key(ec.SECP256R1()))
    return KeyPair(algorithm, key_id, ed25519.Ed25519PrivateKey.generate())


def published_pem(key: KeyPair) -> bytes:
    """The public key as everybody may have it: what a forger would try as a shared secret."""
    return key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _number(value: int, size: int) -> str:
    return _encoded(value.to_bytes(size, "big"))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
