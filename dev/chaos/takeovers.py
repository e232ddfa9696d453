"""Follow from the hosts' logs who has which call, and how long the calls of a lost host wait."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass
class Waits:
    """Calls that wait for another host since some moment, and the seconds that others have waited."""

    since: dict[str, float] = field(default_factory=dict)
    claimed: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    ended: int = 0  # calls that were over before another host listened


class Takeovers:
    """Fed with every line of every host.

    Attributes:
        killed: the waits after a SIGKILL, until another host has the lease, and until it listens.
        asked: the same after a SIGTERM, while the old host still listens.
        closed: calls that are over.
        skews: by host, the seconds by which its clock was seen to be ahead.
        lags: the latest, in milliseconds, that each host's event loop was in each two seconds.
    """

    def __init__(self) -> None:
        self.killed = Waits()
        self.asked = Waits()
        self.closed: set[str] = set()
        self.skews: dict[str, float] = {}
        self.lags: list[int] = []
        self._owners: dict[str, list[str]] = defaultdict(list)
        self._deaths: dict[str, list[float]] = defaultdict(list)
        self._lock = Lock()

    def line(self, host: str, text: str) -> None:
        """Take in one line of a host's log."""
        try:
            told = json.loads(text)
        except ValueError:
            return
        if isinstance(told, dict) and isinstance(told.get("message"), str):
            with self._lock:
                self._heed(host, told)

    def _heed(self, host: str, told: dict[str, Any]) -> None:
        now, call_id = time.monotonic(), told.get("call_id", "")
        match told["message"]:
            case "chaos.clock":
                self.skews[host] = told["says"] - time.time()
            case "chaos.lag":
                self.lags.append(told["ms"])
            case "lease.claimed":
                self._owners[call_id].append(host)
                for waits in (self.killed, self.asked):
                    if call_id in waits.since:
                        waits.claimed.append(now - waits.since[call_id])
            case "follow.attached" if self._owners[call_id][-1:] == [host]:
                for waits in (self.killed, self.asked):
                    if call_id in waits.since:
                        waits.heard.append(now - waits.since.pop(call_id))
            case "follow.closed":
                self._over(call_id)

    def lost(self, host: str) -> int:
        """Note that a host has just been killed; return how many calls it had."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls_of(host)
            for call in calls:
                self.asked.since.pop(call, None)
                self.killed.since.setdefault(call, now)
            for call, owners in self._owners.items():
                if host in owners[-2:]:  # who has just handed it over may not have written its last words
                    self._deaths[call].append(now)
        return len(calls)

    def leaving(self, host: str) -> int:
        """Note that a host has just been told to leave; return how many calls it has."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls_of(host)
            for call in calls:
                if call not in self.killed.since:
                    self.asked.since.setdefault(call, now)
        return len(calls)

    def deaths(self, call_id: str) -> list[float]:
        """Return when hosts were killed that had the call."""
        return self._deaths.get(call_id, [])

    def over(self, call_id: str) -> None:
        """Note that the table has the call as closed: by whom and when was never heard."""
        with self._lock:
            self._over(call_id)

    @property
    def waiting(self) -> int:
        """How many calls of killed hosts wait for another."""
        return len(self.killed.since)

    def _over(self, call_id: str) -> None:
        """A call that ended while it waited was missed by nobody."""
        self.closed.add(call_id)
        for waits in (self.killed, self.asked):
            waits.ended += waits.since.pop(call_id, None) is not None

    def _calls_of(self, host: str) -> list[str]:
        return [
            call for call, owners in self._owners.items() if owners[-1:] == [host] and call not in self.closed
        ]
