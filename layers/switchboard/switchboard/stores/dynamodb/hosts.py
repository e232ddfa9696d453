"""Heartbeats of the sideband hosts, and the commands that they leave for each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from secrets import token_hex

from switchboard.domain import limits
from switchboard.domain.call import Command, HostBeat
from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.table import Table


class DynamoHosts:
    """The hosts: a handful of rows in one partition, one write a second each."""

    def __init__(self, table: Table, clock: Callable[[], datetime]) -> None:
        self._table = table
        self._clock = clock

    def beat(self, host: str, beat: int, calls: int, closed: bool = False) -> None:
        """Store the host's heartbeat, and whether it takes up no call now."""
        ttl = int(self._clock().timestamp()) + limits.HOST_SECONDS
        row = {"pk": "HOST", "sk": f"HOST#{host}", "beat": beat, "calls": calls, "ttl": ttl}
        self._table.put({**row, "closed": True} if closed else row)

    def list(self) -> tuple[HostBeat, ...]:
        """Return the newest heartbeat of every host."""
        rows = self._table.query("HOST", "HOST#")
        return tuple(
            HostBeat(row["sk"].removeprefix("HOST#"), row["beat"], row.get("closed", False)) for row in rows
        )

    def silent(self, seconds: float) -> tuple[str, ...]:
        """Return the hosts whose newest heartbeat is so old, by the clocks of both who wrote and who asks."""
        last = self._clock().timestamp() - seconds + limits.HOST_SECONDS
        rows = self._table.query("HOST", "HOST#")
        return tuple(row["sk"].removeprefix("HOST#") for row in rows if row["ttl"] < last)

    def remove(self, host: str) -> None:
        """Forget a host that holds no lease any more."""
        self._table.delete("HOST", f"HOST#{host}")

    def forward(self, host: str, command: Command) -> None:
        """Leave a command for the host that holds the lease."""
        now = self._clock()
        self._table.put(
            {
                "pk": f"HOST#{host}",
                "sk": f"COMMAND#{now.isoformat()}#{token_hex(4)}",
                "kind": command.kind,
                "session_id": command.session_id,
                "generation": command.generation,
                "ttl": int(now.timestamp()) + limits.COMMAND_SECONDS,
            }
        )

    def take(self, host: str) -> tuple[Command, ...]:
        """Return the commands left for the host, or the first of them; each is handed out once."""
        commands: list[Command] = []
        for row in self._table.query(f"HOST#{host}", "COMMAND#"):
            try:
                self._table.delete(row["pk"], row["sk"])
            except Throttled:
                if not commands:
                    raise
                break  # the rest stays for the next time
            commands.append(Command(row["kind"], row["session_id"], row["generation"]))
        return tuple(commands)
