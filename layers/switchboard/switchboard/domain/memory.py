"""Memories: summaries kept for a user, never twice, never too many, and the best of them recalled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import exp, log, sqrt
from typing import Any, Protocol

from switchboard.domain import limits

WORD = re.compile(r"\w{3,}")
COMMON = frozenset(
    WORD.findall(
        "the and you that was for are with his they this have from had not but what can were all your when "
        "use how said each she which their will other about out many then them these some her "
        "would like him into has two more been who its now than user assistant person wants asked"
    )
)
"""Words that tell one memory from another no better than its length does."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One summary. `vector` is what an embedding made of it, if one did; `log_id` is where it comes from."""

    id: str
    owner: str
    text: str
    created_at: datetime
    log_id: str | None = None
    vector: bytes = b""


def memory_id(owner: str, text: str) -> str:
    """Return the id of a memory: the same words of the same user are the same memory."""
    return "mem_" + sha256(f"{owner}\n{' '.join(sorted(words(text)))}".encode()).hexdigest()[:32]


def words(text: str) -> frozenset[str]:
    """Return the words of a text that tell it from others."""
    return frozenset(WORD.findall(text.casefold())) - COMMON


def is_known(text: str, memories: Iterable[Memory]) -> bool:
    """Tell whether one of the memories says nearly the same: it shares most words with the text."""
    mine = words(text)
    for memory in memories:
        theirs = words(memory.text)
        if len(mine & theirs) >= limits.MEMORY_ALIKE * max(1, len(mine | theirs)):
            return True
    return False


def too_many(memories: Sequence[Memory]) -> tuple[Memory, ...]:
    """Return the oldest, those that go when another one is added."""
    newest_first = sorted(memories, key=lambda memory: memory.created_at, reverse=True)
    return tuple(newest_first[limits.MEMORIES_MAX :])


def rank(query: str, memories: Sequence[Memory], now: datetime) -> list[Memory]:
    """Return the memories, those that share rare words with the query first, newer ones before older ones."""
    bags = {memory.id: words(memory.text) for memory in memories}
    wanted = words(query)
    weights = {word: log(1 + len(bags) / (1 + sum(word in bag for bag in bags.values()))) for word in wanted}

    def score(memory: Memory) -> float:
        bag = bags[memory.id]
        shared = sum(weights[word] for word in wanted & bag)
        return shared / sqrt(1 + len(bag)) + recency(memory, now)

    return sorted(memories, key=lambda memory: (-score(memory), memory.id))


def recency(memory: Memory, now: datetime) -> float:
    """Return a small bonus, which halves about every three weeks: it decides between equals."""
    days = max(0.0, (now - memory.created_at).total_seconds() / 86_400)
    return 0.1 * exp(-days / 30)


def choose(ranked: Iterable[Memory]) -> tuple[Memory, ...]:
    """Return the first of them, as many as are told to a new call."""
    chosen: list[Memory] = []
    room = limits.RECALL_CHARS
    for memory in ranked:
        room -= len(memory.text)
        if room < 0 or len(chosen) == limits.RECALL_MAX:
            break
        chosen.append(memory)
    return tuple(chosen)


class Memories(Protocol):
    """The memories of users, their profile, and whether they want any of it."""

    def list(self, owner: str) -> tuple[Memory, ...]:
        """Return the user's memories, newest first: never more than a few over `MEMORIES_MAX`."""

    def add(self, memory: Memory) -> bool:
        """Keep a memory; False if it is kept already, or its user wants none."""

    def remove(self, owner: str, memory_id: str) -> None:
        """Forget one memory. Raise NotFound if it is missing or another's."""

    def forget(self, owner: str) -> int:
        """Forget all memories and the profile of a user; return how many memories there were."""

    def opted_out(self, owner: str) -> bool:
        """Tell whether the user wants nothing remembered."""

    def choose(self, owner: str, *, opted_out: bool) -> None:
        """Keep what the user wants; nothing is forgotten by that."""

    def profile(self, owner: str) -> dict[str, Any] | None:
        """Return what extractions have found out about the user, if anything."""

    def keep_profile(self, owner: str, profile: dict[str, Any]) -> None:
        """Keep the profile in place of an older one, unless its user wants nothing remembered."""


class Relevance(Protocol):
    """How memories are ranked, by whatever means."""

    def mark(self, text: str) -> bytes:
        """Return what is kept with a memory to rank it by later; empty if nothing is."""

    def rank(self, query: str, memories: Sequence[Memory], now: datetime) -> list[Memory]:
        """Return the memories, the most relevant first. Never raises: it falls back on shared words."""


class SharedWords:
    """Relevance by shared words: costs no request."""

    def mark(self, text: str) -> bytes:
        """Return nothing: the text itself is enough."""
        return b""

    def rank(self, query: str, memories: Sequence[Memory], now: datetime) -> list[Memory]:
        """Return the memories, the most relevant first."""
        return rank(query, memories, now)
