"""Memories in the table: a partition for each user, small enough to be read at once."""

from __future__ import annotations

from datetime import datetime
from json import dumps, loads
from typing import Any

from switchboard.domain.errors import NotFound
from switchboard.domain.memory import Memory
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

NEW, THERE = "attribute_not_exists(pk)", "attribute_exists(pk)"


class DynamoMemories:
    """The memories, the profile, and the choice to have none of them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list(self, owner: str) -> tuple[Memory, ...]:
        """Return the user's memories, newest first."""
        memories = [_memory_of(owner, row) for row in self._table.query(_pk(owner), "MEMORY#")]
        memories.sort(key=lambda memory: (memory.created_at, memory.id), reverse=True)
        return tuple(memories)

    def add(self, memory: Memory) -> bool:
        """Keep a memory; False if it is kept already, or its user wants none."""
        row: Row = {
            "pk": _pk(memory.owner),
            "sk": f"MEMORY#{memory.id}",
            "text": memory.text,
            "made_at": memory.created_at.isoformat(),
            "log_id": memory.log_id,
            "vector": memory.vector or None,
        }
        try:
            self._table.put(row, NEW)
        except ConditionFailed:
            return False
        if self.opted_out(memory.owner):  # chosen meanwhile: whoever came last sees the other
            self._table.delete(row["pk"], row["sk"])
            return False
        return True

    def remove(self, owner: str, memory_id: str) -> None:
        """Forget one memory. Raise NotFound if it is missing or another's."""
        try:
            self._table.delete(_pk(owner), f"MEMORY#{memory_id}", THERE)
        except ConditionFailed as error:
            raise NotFound("There is no such memory.") from error

    def forget(self, owner: str) -> int:
        """Forget all memories and the profile of a user; return how many memories there were."""
        keys = [(row["pk"], row["sk"]) for row in self._table.query(_pk(owner), "MEMORY#")]
        for pk, sk in (*keys, (_pk(owner), "PROFILE")):
            self._table.delete(pk, sk)
        return len(keys)

    def opted_out(self, owner: str) -> bool:
        """Tell whether the user wants nothing remembered."""
        row = self._table.get(_pk(owner), "CHOICE")
        return bool(row and row["opted_out"])

    def choose(self, owner: str, *, opted_out: bool) -> None:
        """Keep what the user wants; nothing is forgotten by that."""
        self._table.put({"pk": _pk(owner), "sk": "CHOICE", "opted_out": opted_out})

    def profile(self, owner: str) -> dict[str, Any] | None:
        """Return what extractions have found out about the user, if anything."""
        row = self._table.get(_pk(owner), "PROFILE")
        return loads(row["profile"]) if row else None

    def keep_profile(self, owner: str, profile: dict[str, Any]) -> None:
        """Keep the profile in place of an older one, unless its user wants nothing remembered."""
        if self.opted_out(owner):
            return
        self._table.put({"pk": _pk(owner), "sk": "PROFILE", "profile": dumps(profile)})
        if self.opted_out(owner):
            self._table.delete(_pk(owner), "PROFILE")


def _memory_of(owner: str, row: Row) -> Memory:
    return Memory(
        id=row["sk"].removeprefix("MEMORY#"),
        owner=owner,
        text=row["text"],
        created_at=datetime.fromisoformat(row["made_at"]),
        log_id=row.get("log_id"),
        vector=row.get("vector", b""),
    )


def _pk(owner: str) -> str:
    return f"MEMORY#{owner}"
