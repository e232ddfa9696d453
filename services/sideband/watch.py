"""Judge which other hosts are dead, by our own clock and by what we saw ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from switchboard.domain.call import HostBeat

from sideband import limits


@dataclass(slots=True)
class Sighting:
    """A host's newest heartbeat, and for how many seconds we have seen it stand still."""

    beat: int
    still: float = 0.0
    closed: bool = False


class Watch:
    """The hosts as this one sees them."""

    __slots__ = ("_looked_at", "_me", "_seen")

    def __init__(self, me: str) -> None:
        self._me = me
        self._seen: dict[str, Sighting] = {}
        self._looked_at: float | None = None

    def look(self, beats: Iterable[HostBeat], now: float) -> None:
        """Take in the heartbeats of all hosts as read at `now` (monotonic seconds).

        Time that we slept through proves little: whoever slept with us is given the time to wake.
        """
        passed = min(now - self._looked_at, limits.LOOK_CREDIT) if self._looked_at is not None else 0.0
        self._looked_at = now
        seen: dict[str, Sighting] = {}
        for beat in beats:
            before = self._seen.get(beat.host)
            if beat.host == self._me:
                continue
            if before is not None and before.beat == beat.beat:
                before.still += passed
                seen[beat.host] = before
            else:
                seen[beat.host] = Sighting(beat.beat, closed=beat.closed)
        self._seen = seen

    def knows(self, host: str) -> bool:
        """True for a host whose heartbeat was there at the last look."""
        return host in self._seen

    def is_alive(self, host: str) -> bool:
        """True for a host that is known and not dead."""
        sighting = self._seen.get(host)
        return sighting is not None and sighting.still < limits.LEASE_TTL

    def living(self) -> tuple[str, ...]:
        """Return the other hosts that live and take up calls."""
        return tuple(host for host, seen in self._seen.items() if self.is_alive(host) and not seen.closed)

    def dead(self) -> tuple[str, ...]:
        """Return the hosts whose heartbeat stood still for too long."""
        return tuple(host for host in self._seen if not self.is_alive(host))

    def is_long_dead(self, host: str) -> bool:
        """True for a dead host whose last claims must have shown by now."""
        sighting = self._seen.get(host)
        return sighting is not None and sighting.still >= limits.REMOVE_AFTER
