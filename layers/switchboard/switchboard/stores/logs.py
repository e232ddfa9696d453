"""Logs, what they report, and memories in one process's memory, for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from json import dumps, loads
from threading import RLock
from typing import Any

from switchboard.domain import limits
from switchboard.domain.errors import NotFound
from switchboard.domain.log import Log, LogPart
from switchboard.domain.memory import Memory
from switchboard.domain.transcript import Item, Report


class MemoryLogs:
    """The logs."""

    def __init__(self) -> None:
        self._logs: dict[str, Log] = {}
        self._contents: dict[str, str] = {}
        self._parts: dict[str, dict[int, LogPart]] = defaultdict(dict)

    def find(self, log_id: str) -> Log | None:
        """Return the log, whoever owns it, if there is one."""
        return self._logs.get(log_id)

    def add(self, log: Log, content: Mapping[str, Any]) -> bool:
        """Keep a log and its content, whole; False if a log of that id is there."""
        if log.id in self._logs:
            return False
        self._contents[log.id] = dumps(content)
        self._logs[log.id] = log
        return True

    def content(self, log_id: str) -> Mapping[str, Any]:
        """Return what was in the log. Raise NotFound."""
        if log_id not in self._contents:
            raise NotFound("There is no such log.")
        content: dict[str, Any] = loads(self._contents[log_id])
        return content

    def save(self, log: Log) -> None:
        """Store what has become of a log."""
        self._logs[log.id] = log

    def add_part(self, log_id: str, number: int, part: LogPart) -> None:
        """Keep the summary of one part; the same again changes nothing."""
        if log_id in self._logs:
            self._parts[log_id][number] = part

    def list_parts(self, log_id: str) -> tuple[LogPart, ...]:
        """Return the summaries in the log's order."""
        return tuple(part for _, part in sorted(self._parts[log_id].items()))


class MemoryReports:
    """What browsers report of sessions."""

    def __init__(self) -> None:
        self._reports: dict[str, dict[str, tuple[datetime, Report]]] = defaultdict(dict)

    def add(self, session_id: str, log_id: str, received_at: datetime, items: Sequence[Item]) -> None:
        """Keep what the log reports, and that it is the session's; the same log again changes nothing."""
        self._reports[session_id].setdefault(log_id, (received_at, tuple(items)))

    def list(self, session_id: str) -> tuple[Report, ...]:
        """Return the newest reports, newest first."""
        reports = (report for _, _, report in self._newest(session_id) if report)
        return tuple(reports)[: limits.REPORTS_MAX]

    def log_ids(self, session_id: str, limit: int) -> tuple[str, ...]:
        """Return the ids of the session's newest logs, newest first."""
        return tuple(log_id for _, log_id, _ in self._newest(session_id)[:limit])

    def _newest(self, session_id: str) -> Sequence[tuple[datetime, str, Report]]:
        found = [(at, log_id, report) for log_id, (at, report) in self._reports[session_id].items()]
        return sorted(found, key=lambda each: each[:2], reverse=True)


class MemoryMemories:
    """The memories of users."""

    def __init__(self) -> None:
        self._memories: dict[str, dict[str, Memory]] = defaultdict(dict)
        self._profiles: dict[str, dict[str, Any]] = {}
        self._opted_out: set[str] = set()
        self._lock = RLock()

    def list(self, owner: str) -> tuple[Memory, ...]:
        """Return the user's memories, newest first."""
        memories = self._memories[owner].values()
        return tuple(sorted(memories, key=lambda memory: (memory.created_at, memory.id), reverse=True))

    def add(self, memory: Memory) -> bool:
        """Keep a memory; False if it is kept already, or its user wants none."""
        with self._lock:
            if memory.id in self._memories[memory.owner] or memory.owner in self._opted_out:
                return False
            self._memories[memory.owner][memory.id] = memory
            return True

    def remove(self, owner: str, memory_id: str) -> None:
        """Forget one memory. Raise NotFound if it is missing or another's."""
        if self._memories[owner].pop(memory_id, None) is None:
            raise NotFound("There is no such memory.")

    def forget(self, owner: str) -> int:
        """Forget all memories and the profile of a user; return how many memories there were."""
        self._profiles.pop(owner, None)
        return len(self._memories.pop(owner, {}))

    def opted_out(self, owner: str) -> bool:
        """Tell whether the user wants nothing remembered."""
        return owner in self._opted_out

    def choose(self, owner: str, *, opted_out: bool) -> None:
        """Keep what the user wants; nothing is forgotten by that."""
        (self._opted_out.add if opted_out else self._opted_out.discard)(owner)

    def profile(self, owner: str) -> dict[str, Any] | None:
        """Return what extractions have found out about the user, if anything."""
        return self._profiles.get(owner)

    def keep_profile(self, owner: str, profile: dict[str, Any]) -> None:
        """Keep the profile in place of an older one, unless its user wants nothing remembered."""
        if owner not in self._opted_out:
            self._profiles[owner] = profile
