"""Show a user what is remembered of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest, Unauthorized
from switchboard.domain.memory import Memories, Memory
from switchboard.domain.principal import Principal, User
from switchboard.usecases.payload import Answer, FromText, MemoryId, Request


class ListMemories(Request):
    """A page of at most `limit` memories, behind the memory that `cursor` names."""

    limit: Annotated[int, FromText, Field(ge=1, le=limits.MEMORIES_MAX)] = 20
    cursor: MemoryId | None = None


class MemoryAnswer(Answer):
    """One memory, and the log that it was made of."""

    memory_id: str
    text: str
    created_at: datetime
    log_id: str | None

    @classmethod
    def of(cls, memory: Memory) -> MemoryAnswer:
        """Return the answer for a memory."""
        return cls(memory_id=memory.id, text=memory.text, created_at=memory.created_at, log_id=memory.log_id)


class MemoriesAnswer(Answer):
    """A page of memories, newest first, and what extractions found out; `cursor` is null at the end."""

    memories: list[MemoryAnswer]
    profile: dict[str, Any] | None
    opted_out: bool
    cursor: str | None


class Deps(Protocol):
    """What this use case needs."""

    memories: Memories


def list_memories(request: ListMemories, principal: Principal, deps: Deps) -> MemoriesAnswer:
    """Return the user's memories."""
    owner = owner_of(principal)
    kept = deps.memories.list(owner)
    start = 0
    if request.cursor:
        ids = [memory.id for memory in kept]
        if request.cursor not in ids:
            raise InvalidRequest("The cursor names no memory. It may have been forgotten: begin again.")
        start = ids.index(request.cursor) + 1
    page = kept[start : start + request.limit]
    return MemoriesAnswer(
        memories=[MemoryAnswer.of(memory) for memory in page],
        profile=deps.memories.profile(owner),
        opted_out=deps.memories.opted_out(owner),
        cursor=page[-1].id if start + request.limit < len(kept) else None,
    )


def owner_of(principal: Principal) -> str:
    """Return whose memories are meant. Raise Unauthorized: guests and services have none."""
    if not isinstance(principal, User):
        raise Unauthorized("Memories belong to users: show a user's token.")
    return principal.owner
