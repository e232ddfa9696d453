"""Forget one memory."""

from __future__ import annotations

from typing import Literal, Protocol

from switchboard.domain.memory import Memories
from switchboard.domain.principal import Principal
from switchboard.usecases.list_memories import owner_of
from switchboard.usecases.payload import Answer, MemoryId, Request


class DeleteMemory(Request):
    """Names the memory."""

    memory_id: MemoryId


class MemoryDeleted(Answer):
    """The memory is gone."""

    memory_id: str
    status: Literal["forgotten"] = "forgotten"


class Deps(Protocol):
    """What this use case needs."""

    memories: Memories


def delete_memory(request: DeleteMemory, principal: Principal, deps: Deps) -> MemoryDeleted:
    """Forget the memory. Another's looks like none."""
    deps.memories.remove(owner_of(principal), request.memory_id)
    return MemoryDeleted(memory_id=request.memory_id)
