"""Words encrypted before they reach a store, where the store's own encryption is not enough (or is none)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from secrets import token_bytes
from typing import Protocol

from switchboard.domain.errors import UnreadableHistory

NONCE_BYTES = 12
"""What AES-GCM takes; random, as one key seals far fewer than 2^32 turns of one session."""


class Sealer(Protocol):
    """Seals bytes for one session. What was sealed for another does not open."""

    def seal(self, session_id: str, plain: bytes) -> bytes:
        """Return the sealed form."""

    def open(self, session_id: str, sealed: bytes) -> bytes:
        """Return what was sealed. Raise UnreadableHistory."""


class Plain:
    """Leaves words as they are: the store encrypts at rest (DynamoDB does, with KMS)."""

    def seal(self, session_id: str, plain: bytes) -> bytes:
        """Return the same."""
        return plain

    def open(self, session_id: str, sealed: bytes) -> bytes:
        """Return the same."""
        return sealed


class Aes:
    """AES-256-GCM with a key for each session, derived (HKDF) from a master key.

    The first master key seals; all of them open, so that a key may be replaced. Needs the package
    `cryptography`.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # only where words are sealed

        if not master_keys or any(len(key) != 32 for key in master_keys):
            raise ValueError("an encryption key has 32 bytes, in base64")
        self._master_keys = tuple(master_keys)
        self._cipher = AESGCM

    @classmethod
    def of(cls, text: str) -> Aes:
        """Return the sealer of `key` or `new key,old key`, each in base64."""
        return cls([b64decode(part, validate=True) for part in text.replace(" ", "").split(",")])

    def seal(self, session_id: str, plain: bytes) -> bytes:
        """Return the sealed form: nonce, ciphertext, tag."""
        nonce = token_bytes(NONCE_BYTES)
        key = self._derive(self._master_keys[0], session_id)
        return nonce + self._cipher(key).encrypt(nonce, plain, session_id.encode())

    def open(self, session_id: str, sealed: bytes) -> bytes:
        """Return what was sealed. Raise UnreadableHistory."""
        from cryptography.exceptions import InvalidTag

        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for master in self._master_keys:
            try:
                return self._cipher(self._derive(master, session_id)).decrypt(
                    nonce, rest, session_id.encode()
                )
            except (InvalidTag, ValueError):
                continue
        raise UnreadableHistory("The stored conversation cannot be read.")

    def _derive(self, master: bytes, session_id: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = b"switchboard agent " + session_id.encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master)
