"""What sideband hosts know of each other, and the way to them."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.call import Command, HostBeat
from switchboard.domain.session import Session


class Hosts(Protocol):
    """The sideband hosts, as far as each needs to know of the others."""

    def beat(self, host: str, beat: int, calls: int, closed: bool = False) -> None:
        """Store the host's heartbeat, and whether it takes up no call now."""

    def list(self) -> tuple[HostBeat, ...]:
        """Return the newest heartbeat of every host."""

    def silent(self, seconds: float) -> tuple[str, ...]:
        """Return the hosts whose newest heartbeat is so old, by the clocks of both who wrote and who asks."""

    def remove(self, host: str) -> None:
        """Forget a host that holds no lease any more."""

    def forward(self, host: str, command: Command) -> None:
        """Leave a command for the host that holds the lease."""

    def take(self, host: str) -> tuple[Command, ...]:
        """Return the commands left for the host; each is handed out once."""


class SidebandCommands(Protocol):
    """The way to the sideband hosts. Hints only: the session's row is the truth, and hosts sweep it.

    So neither method ever raises: a hint that cannot be sent is logged, and a sweep finds the work.
    """

    def follow(self, session: Session) -> None:
        """Tell the hosts that the session's current call wants following."""

    def end(self, session: Session) -> None:
        """Tell the hosts that the session is over."""

    def watch(self, session: Session) -> None:
        """Tell the hosts that somebody watches the session who was not there before."""
