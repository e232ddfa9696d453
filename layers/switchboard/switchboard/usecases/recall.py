"""Recall what is known of a user, for the instructions of a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any, Protocol

from switchboard.domain.memory import Memories, Memory, Relevance, choose
from switchboard.domain.ports.surroundings import Clock


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is known of a user: the profile, and the memories that matter now."""

    profile: dict[str, Any] | None = None
    memories: tuple[Memory, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The memories' words."""
        return tuple(memory.text for memory in self.memories)


class Deps(Protocol):
    """What recalling needs."""

    memories: Memories
    relevance: Relevance
    clock: Clock


def is_user(owner: str) -> bool:
    """Tell whether an owner is a user: nobody else has memories."""
    return owner.startswith("user:")


def recall(owner: str, about: str, deps: Deps) -> Recalled:
    """Return what is known of the owner and matters to a call about that; nothing if they want it so."""
    if not is_user(owner) or deps.memories.opted_out(owner):
        return Recalled()
    profile = deps.memories.profile(owner)
    kept = deps.memories.list(owner)
    query = f"{about}\n{dumps(profile, ensure_ascii=False)}" if profile else about
    return (
        Recalled(profile, choose(deps.relevance.rank(query, kept, deps.clock())))
        if kept
        else Recalled(profile)
    )


def recall_profile(owner: str, memories: Memories) -> dict[str, Any] | None:
    """Return what extractions have found out about a user; nothing if they want it so."""
    return memories.profile(owner) if is_user(owner) and not memories.opted_out(owner) else None


def named(owner: str, ids: Sequence[str], memories: Memories) -> tuple[str, ...]:
    """Return the words of these memories, in this order; those that are forgotten meanwhile are left out."""
    if not ids:
        return ()
    kept = {memory.id: memory.text for memory in memories.list(owner)}
    return tuple(kept[each] for each in ids if each in kept)
