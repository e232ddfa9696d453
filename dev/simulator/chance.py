"""Identifiers and noise, drawn from one source that a seed makes repeatable."""

import random
import string

_ALPHABET = string.ascii_letters + string.digits


class Chance:
    """Draws ids in upstream's shapes. With a seed, the same run draws the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else random.SystemRandom()

    def suffix(self, length: int = 21) -> str:
        """Letters and digits; 21 of them hold 125 bits."""
        return "".join(self._random.choices(_ALPHABET, k=length))

    def id(self, prefix: str, length: int = 21) -> str:
        return f"{prefix}_{self.suffix(length)}"

    def hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def padding(self, delta: str) -> str:
        """The `obfuscation` of a delta: it fills the words up to a multiple of 16 characters."""
        return self.suffix(16 - len(delta) % 16)

    def number(self, bits: int) -> int:
        return self._random.getrandbits(bits)

    def share(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()
