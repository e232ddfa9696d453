"""Identifiers and noise, drawn from one source that a seed makes repeatable."""

import random
import string

_ALPHABET = string.ascii_letters + string.digits
_POOL = 4096  # characters of noise from which every padding is cut


class Chance:
    """Draws ids in upstream's shapes. With a seed, the same run draws the same ids."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # nothing here guards anything: speed before secrecy
        self._pool = self.suffix(_POOL)
        self._run = self.suffix(12)
        self._events = 0

    def suffix(self, length: int = 21) -> str:
        """Letters and digits; 21 of them hold 125 bits."""
        return "".join(self._random.choices(_ALPHABET, k=length))

    def id(self, prefix: str, length: int = 21) -> str:
        return f"{prefix}_{self.suffix(length)}"

    def event_id(self) -> str:
        """A unique event id. Counted, not drawn: a busy simulator needs thousands a second."""
        self._events += 1
        return f"event_{self._run}{self._events:09d}"

    def hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def padding(self, delta: str) -> str:
        """The `obfuscation` of a delta: it fills the words up to a multiple of 16 characters."""
        length = 16 - len(delta) % 16
        start = int(self._random.random() * (_POOL - length))
        return self._pool[start : start + length]

    def number(self, bits: int) -> int:
        return self._random.getrandbits(bits)

    def share(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()
