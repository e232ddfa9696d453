"""An upstream for agents that says what it is told to, and an agent around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from copy import deepcopy
from typing import Any

from switchboard.agent import HistoryParts, Orchestrator, SessionStore, Turn
from switchboard.agent.deps import Deps
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.tools import Tool, Toolbox

from tests.unit.fakes import FakeClock, FakeIds

Json = dict[str, Any]
Step = Json | Exception | asyncio.Event
"""An event, an error to raise, or something to wait for."""


class FakeUpstream:
    """Plays one script a request, the last one again and again; keeps the requests, and who left early."""

    def __init__(self, *scripts: list[Step]) -> None:
        self.scripts = list(scripts)
        self.asked: list[Json] = []
        self.left = 0

    async def stream(self, body: Json) -> AsyncGenerator[Json, None]:
        self.asked.append(deepcopy(body))
        script = self.scripts[min(len(self.asked), len(self.scripts)) - 1]
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield step
        except (GeneratorExit, asyncio.CancelledError):
            self.left += 1
            raise


def tokens(*pieces: str) -> list[Step]:
    return [{"type": "response.output_text.delta", "delta": piece} for piece in pieces]


def end(kind: str = "completed", **facts: Any) -> Json:
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 1},
    }
    return {"type": f"response.{kind}", "response": {"status": kind, "usage": usage, **facts}}


def says(*pieces: str) -> list[Step]:
    return [{"type": "response.created"}, *tokens(*pieces), end()]


def calls(name: str, arguments: str = "{}", call_id: str = "call_1") -> Json:
    item = {"type": "function_call", "id": "fc", "call_id": call_id, "name": name, "arguments": arguments}
    return {"type": "response.output_item.done", "item": item}


class World:
    """An agent whose parts are all in memory, at a time that stands still."""

    def __init__(
        self, *scripts: list[Step], own_tools: tuple[Tool, ...] = (), rate: int = 20, **parts: Any
    ) -> None:
        self.upstream = FakeUpstream(*(scripts or (says("fine"),)))
        self.clock = FakeClock()
        self.store = SessionStore(MemoryBackend(self.clock), clock=self.clock)
        self.parts = HistoryParts(clock=self.tick, new_id=FakeIds(), **parts)
        self.agent = Orchestrator(
            deps=Deps(
                upstream=self.upstream,
                store=lambda: self.store,
                parts=self.parts,
                model="gpt-test",
                instructions="Be brief.",
                toolbox=Toolbox(own_tools),
                rate_queries=rate,
            )
        )

    def tick(self) -> Any:
        """Return a later time each time, as two turns are never at the very same moment."""
        self.clock.sleep(0.001)
        return self.clock()

    async def ask(self, query: str = "a question", session_id: str = "s") -> list[Json]:
        """Return all events of a query."""
        return [event.as_dict() async for event in self.agent.stream(query, session_id=session_id)]


async def turns(world: World, session_id: str = "s") -> list[Turn]:
    """Return what is stored of a session that must be there."""
    history = await world.store.get(session_id)
    assert history is not None
    return history.get_all()


def kinds(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


async def until(holds: Callable[[], bool]) -> None:
    """Let others run until it holds. Fail if it never does."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")
