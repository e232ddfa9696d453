"""The edges of a host on a stage: table, heart and queue, which fail as they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import ParamSpec, TypeVar

import orjson
from sideband import limits
from sideband.aside import Aside
from sideband.queue import Message
from switchboard.domain.call import Lease
from switchboard.domain.errors import Throttled
from switchboard.domain.session import Session
from switchboard.stores.memory import MemoryTranscripts

P = ParamSpec("P")
R = TypeVar("R")


class Edge:
    """What ties one host to the world. Once it is dead, nothing that it does reaches the world any more."""

    def __init__(self, name: str, chance: Random) -> None:
        self.name = name
        self.dead = False
        self.refused = 0.0
        self.unanswered = 0.0
        self.heart_stopped = False
        self.refused_at = float("-inf")
        self.chance = chance

    @property
    def is_refused(self) -> bool:
        """True while the table has just refused something, and what was refused may wait for its next try."""
        return asyncio.get_running_loop().time() - self.refused_at <= limits.WRITE_LONGEST

    async def alive(self) -> None:
        if self.dead:
            await asyncio.Event().wait()


class Wavering(Aside):
    """A lane whose work takes some time before and after its deed, is refused at times, or never answered."""

    def __init__(self, edge: Edge, *, is_heart: bool = False, refuses: bool = True) -> None:
        super().__init__("wavering", 1)
        self._edge = edge
        self._is_heart = is_heart
        self._refuses = refuses

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        edge = self._edge
        await asyncio.sleep(edge.chance.choice((0.0, 0.002, 0.02)))
        await edge.alive()
        if self._is_heart and edge.heart_stopped:
            raise Throttled("busy")
        if self._refuses and edge.chance.random() < edge.refused:
            raise self._refusal("busy")
        result = work(*args, **kwargs)
        await asyncio.sleep(edge.chance.choice((0.0, 0.002)))
        await edge.alive()
        if self._refuses and edge.chance.random() < edge.unanswered:
            raise self._refusal("no answer in time")
        return result

    def _refusal(self, why: str) -> Throttled:
        self._edge.refused_at = asyncio.get_running_loop().time()
        return Throttled(why)


class Pages(MemoryTranscripts):
    """Tells who took the pages of a call over, a moment before it does."""

    def __init__(self, on_seal: Callable[[Lease], None]) -> None:
        super().__init__()
        self._on_seal = on_seal

    def seal(self, lease: Lease, after: int) -> int:
        self._on_seal(lease)
        return super().seal(lease, after)


class Hints:
    """A queue that hands out what was put in; whoever asks waits as long as a poll does."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def put(self, session: Session, kind: str, times: int) -> None:
        body = {"type": kind, "sessionId": session.id, "generation": session.generation}
        self.bodies += [orjson.dumps(body).decode()] * times

    def receive(self) -> list[Message]:
        bodies, self.bodies = self.bodies, []
        return [Message(body, body) for body in bodies]

    def delete(self, message: Message) -> None:
        """Handled."""

    def give_back(self, message: Message) -> None:
        self.bodies.append(message.body)
