"""Whose turn it is to take up which call: all hosts come to the same answer without asking each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from switchboard.domain.call import Call

from sideband import limits


def first_in_turn(call_id: str, hosts: Iterable[str]) -> str:
    """Return the host that is to take the call; when one comes or goes, only its own calls change hands."""
    return max(hosts, key=lambda host: blake2b(f"{host} {call_id}".encode(), digest_size=8).digest())


class Turns:
    """The calls of one list that wait, and since when, as this host sees them."""

    __slots__ = ("_me", "_since")

    def __init__(self, me: str) -> None:
        self._me = me
        self._since: dict[tuple[str, int], float] = {}

    def take(self, calls: Sequence[Call], living: Iterable[str], now: float) -> list[Call]:
        """Return those that are ours to take: in turn, or because whose turn it was has not come.

        Args:
            calls: all that wait now.
            living: the other hosts that live.
        """
        self._since = {
            (call.session_id, call.generation): self._since.get((call.session_id, call.generation), now)
            for call in calls
        }
        hosts = (self._me, *living)
        return [call for call in calls if self._is_ours(call, hosts, now)]

    def _is_ours(self, call: Call, hosts: tuple[str, ...], now: float) -> bool:
        if first_in_turn(call.call_id, hosts) == self._me:
            return True
        return now - self._since[call.session_id, call.generation] >= limits.TURN
