"""Let a user choose to have nothing remembered, or to be remembered again."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.memory import Memories
from switchboard.domain.principal import Principal
from switchboard.usecases.list_memories import owner_of
from switchboard.usecases.payload import Answer, Request


class OptOutOfMemories(Request):
    """`opt_out` false takes the choice back; what was forgotten stays forgotten."""

    opt_out: bool = True


class OptedOut(Answer):
    """The choice, and how many memories it has cost."""

    opted_out: bool
    forgotten: int


class Deps(Protocol):
    """What this use case needs."""

    memories: Memories


def opt_out_of_memories(request: OptOutOfMemories, principal: Principal, deps: Deps) -> OptedOut:
    """Return the choice. It is kept before anything is forgotten, so that no summary on its way slips in."""
    owner = owner_of(principal)
    deps.memories.choose(owner, opted_out=request.opt_out)
    forgotten = deps.memories.forget(owner) if request.opt_out else 0
    return OptedOut(opted_out=request.opt_out, forgotten=forgotten)
