"""The UDP beneath calls, which can be cut: nothing arrives, nothing leaves, and nobody is told."""

from __future__ import annotations

from typing import Any

import aioice.ice
from aioice import stun

_cut: set[int] = set()  # local ports


class Wire(aioice.ice.StunProtocol):
    """One local address of one call."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Take a datagram, unless the wire is cut."""
        if not self._is_cut():
            super().datagram_received(data, addr)

    async def send_data(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send media, unless the wire is cut."""
        if not self._is_cut():
            await super().send_data(data, addr)

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        """Send a check, unless the wire is cut."""
        if not self._is_cut():
            super().send_stun(message, addr)

    def _is_cut(self) -> bool:
        candidate = self.local_candidate
        return candidate is not None and candidate.port in _cut


aioice.ice.StunProtocol = Wire  # type: ignore[misc]  # the library offers no setting for it


def cut(ports: set[int]) -> None:
    """Let nothing pass those local ports any more."""
    _cut.update(ports)


def mend(ports: set[int]) -> None:
    """Let everything pass again."""
    _cut.difference_update(ports)
