"""Tools for stories of the sideband: what the model asks of them, and a workshop that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sideband.tool_kit import Context, ToolKit
from switchboard.domain.audit import AuditEntry
from switchboard.domain.session import Session
from switchboard.domain.tool import HttpTarget, ServerTool, ServerTools
from switchboard.domain.tool_call import ToolCall

from tests.unit.sideband_events import Event
from tests.unit.sideband_scene import SESSION, Scene, scene
from tests.unit.sideband_world import FakeSocket, World, until

WEATHER = ServerTool(
    name="weather",
    description="Tells the weather of a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    target=HttpTarget("https://tools.example/weather"),
    kinds=frozenset(("guest",)),
)
SOON = 20.0
"""Seconds in which what is not to happen would."""
OTHER = replace(WEATHER, name="other")
GRANTED: Session = replace(SESSION, granted=[WEATHER.as_tool()])


@dataclass
class Workshop:
    """Runs tools as a test says; `done` are the runs begun, as (arguments, context)."""

    answer: Callable[[Mapping[str, Any]], Awaitable[str]]
    done: list[tuple[Mapping[str, Any], Context]] = field(default_factory=list)

    async def __call__(self, tool: ServerTool, arguments: Mapping[str, Any], context: Context) -> str:
        self.done.append((arguments, context))
        return await self.answer(arguments)


def says(words: str, seconds: float = 0.5) -> Workshop:
    """A workshop whose tools take so long and say that."""

    async def answer(arguments: Mapping[str, Any]) -> str:
        await asyncio.sleep(seconds)
        return f"{words} {arguments['city']}"

    return Workshop(answer)


def equipped(workshop: Workshop, tool: ServerTool = WEATHER) -> World:
    """A world with that tool, and another that the session was not given."""
    world = World()
    tools = ServerTools({tool.name: tool, OTHER.name: OTHER})
    world.tools = ToolKit(tools, world.stores.tool_calls, workshop)
    return world


def tool_scene(
    story: Callable[[Scene], Awaitable[None]],
    workshop: Workshop | None = None,
    tool: ServerTool = WEATHER,
    session: Session = GRANTED,
) -> Scene:
    """Tell a story of a call whose session has a tool that hosts run."""
    return scene(story, equipped(workshop or says("It rains in"), tool), session)


def asks(name: str = "weather", arguments: str = '{"city":"Oslo"}', call_id: str = "call_1") -> Event:
    """A function call of the model's, whole."""
    body = {"type": "function_call", "status": "completed", "name": name, "arguments": arguments}
    return {"id": f"item_{call_id}", "call_id": call_id, **body}


def added(item: Event, previous: str | None = None) -> Event:
    """An item is in the conversation."""
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def began(response_id: str = "resp_1") -> Event:
    """A response of the conversation begins."""
    return {"type": "response.created", "response": {"id": response_id, "conversation_id": "conv_1"}}


def whole(item: Event, response_id: str = "resp_1") -> Event:
    """A response has made a whole item."""
    return {"type": "response.output_item.done", "response_id": response_id, "output_index": 0, "item": item}


def ended(*items: Event, status: str = "completed", response_id: str = "resp_1", **other: Any) -> Event:
    """A response is over."""
    response = {"id": response_id, "status": status, "output": list(items), "conversation_id": "conv_1"}
    return {"type": "response.done", "response": {**response, **other}}


def turn(*items: Event, response_id: str = "resp_1") -> tuple[Event, ...]:
    """A response that asks for something, from its beginning to its end."""
    parts = [part for item in items for part in (added(item), whole(item, response_id))]
    return began(response_id), *parts, ended(*items, response_id=response_id)


def sent(socket: FakeSocket, kind: str) -> list[Event]:
    """What was sent of that type."""
    return [frame for frame in socket.sent if frame["type"] == kind]


def outputs(socket: FakeSocket) -> list[str]:
    """The outputs that were sent."""
    return [frame["item"]["output"] for frame in sent(socket, "conversation.item.create")]


async def answered(socket: FakeSocket, count: int = 1) -> None:
    """Wait for so many outputs, and have the upstream take them."""
    frames = await until(lambda: (found := sent(socket, "conversation.item.create"))[count - 1 :] and found)
    for frame in frames[:count]:
        socket.say(added(frame["item"], f"item_{frame['item']['call_id']}"))


async def asked_on(socket: FakeSocket, count: int = 1) -> None:
    """Wait until the model was asked to go on so often."""
    await until(lambda: len(sent(socket, "response.create")) >= count)


def output_of(call_id: str = "call_1", words: str = "Forged.") -> Event:
    """An output that somebody else makes."""
    return {"id": "item_forged", "type": "function_call_output", "call_id": call_id, "output": words}


def stored(made: Scene, call_id: str = "call_1") -> ToolCall | None:
    calls = made.world.stores.tool_calls
    return calls._stored.get(("sess_1", 2, call_id))


def audit(made: Scene) -> list[AuditEntry]:
    return [entry for entry in made.world.stores.audits.list("sess_1", 50) if entry.event.startswith("tool.")]


def workshop(made: Scene) -> Workshop:
    assert made.world.tools is not None
    found = made.world.tools.run
    assert isinstance(found, Workshop)
    return found


async def quiet(seconds: float = SOON) -> None:
    """Let time pass in which something might happen that must not."""
    await asyncio.sleep(seconds)


async def answers(socket: FakeSocket, count: int) -> None:
    """Wait until so many outputs were sent."""
    await until(lambda: len(outputs(socket)) >= count)
