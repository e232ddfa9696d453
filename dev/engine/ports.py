"""Loopback ports: find a free one, or say clearly that a wanted one is taken."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
LISTENING = (15_000, 29_999)
"""Below the ports that systems lend to connections that go out (from 32768 on Linux, 49152 elsewhere): one of
those may be lent between our look and its use. Drawn by chance: who looks at the same time finds another."""
TRIES = 1_000
"""Looks before we believe that none is free."""
_given: set[int] = set()


class PortTaken(Exception):
    """Another program listens on the port that was asked for."""


def free_port() -> int:
    """Return a port that was free a moment ago, and that nobody is likely to take before its user does.

    Raise PortTaken if there seems to be none.
    """
    for _ in range(TRIES):
        port = random.randint(*LISTENING)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise PortTaken("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def claim(port: int, purpose: str) -> int:
    """Return `port`, or a free one for 0. Raise PortTaken if something listens there."""
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise PortTaken(f"port {port} for the {purpose} is in use by another program") from None
    return port
