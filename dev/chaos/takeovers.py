"""Follow from the hosts' logs who has which call, and how long a killed host's calls wait."""

from __future__ import annotations

import json
import time
from threading import Lock


class Takeovers:
    """Fed with every line of every host; `seconds` are the times from a kill until another host listens."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.closed: set[str] = set()
        self.events: dict[str, int] = {}
        self._owner: dict[str, str] = {}
        self._orphans: dict[str, float] = {}
        self._lock = Lock()

    def line(self, host: str, text: str) -> None:
        """Take in one line of a host's log."""
        try:
            told = json.loads(text)
        except ValueError:
            return
        event, call_id = told.get("message"), told.get("call_id")
        if not isinstance(event, str):
            return
        with self._lock:
            self.events[event] = self.events.get(event, 0) + 1
            if event == "lease.claimed":
                self._owner[call_id] = host
            elif event in ("follow.attached", "follow.closed"):
                since = self._orphans.pop(call_id, None)
                if since is not None:
                    self.seconds.append(time.monotonic() - since)
                if event == "follow.closed":
                    self.closed.add(call_id)

    def killed(self, host: str) -> int:
        """Note that a host has just been killed; return how many calls it had."""
        now = time.monotonic()
        with self._lock:
            calls = [call for call, owner in self._owner.items() if owner == host and call not in self.closed]
            for call in calls:
                self._orphans[call] = now
        return len(calls)

    def over(self, call_id: str) -> None:
        """Note that the table has the call as closed: by whom and when was never heard."""
        with self._lock:
            self.closed.add(call_id)
            self._orphans.pop(call_id, None)

    @property
    def waiting(self) -> int:
        """How many calls wait for another host."""
        return len(self._orphans)
