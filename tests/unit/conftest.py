"""What every unit test has: no way to a network, and a world of whole fakes."""

import socket
from typing import NoReturn

import pytest

from tests.unit.fakes import World


class SocketOpened(AssertionError):
    """A unit test asked for the network. The event loop's own pair of pipes is not one."""


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no unit test reach or await anybody: what needs a socket belongs in tests/contract."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise SocketOpened("a unit test opened a socket")

    for name in ("connect", "connect_ex", "bind", "listen", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def world() -> World:
    """The parts of a use case, all in memory, at a fixed time."""
    return World()
