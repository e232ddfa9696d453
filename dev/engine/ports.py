"""Loopback ports: find a free one, or say clearly that a wanted one is taken."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Another program listens on the port that was asked for."""


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


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
