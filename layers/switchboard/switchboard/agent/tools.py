"""Functions that the model may call: described to it by JSON schema, run here with a time limit."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from json import dumps, loads
from typing import Any, Literal, Protocol

from switchboard.agent import limits
from switchboard.agent.summaries import middle_out

log = logging.getLogger(__name__)

Json = dict[str, Any]
CallStatus = Literal["ok", "failed", "timeout"]


@dataclass(frozen=True)
class Tool:
    """One function: `run` takes the model's arguments as keywords and returns a text or what JSON can say.

    It may be a coroutine function; a plain one runs in a thread. An exception is told to the model as a
    failure, by its class alone.
    """

    name: str
    description: str
    parameters: Json
    run: Callable[..., Any]
    seconds: float = limits.TOOL_SECONDS

    def as_dict(self) -> Json:
        """Return it as the upstream wants it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
            "strict": False,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to; `output` is what the model is told."""

    status: CallStatus
    output: str


class ToolSource(Protocol):
    """Somewhere that tools come from, such as an MCP server."""

    async def tools(self) -> tuple[Tool, ...]:
        """Return the tools; none when the source cannot be reached."""


@dataclass(frozen=True)
class Toolbox:
    """All tools of an agent: its own functions, and those of its sources."""

    own: tuple[Tool, ...] = ()
    sources: tuple[ToolSource, ...] = field(default=())

    async def open(self) -> Mapping[str, Tool]:
        """Return every tool by its name; an own one wins over a source's."""
        found = await asyncio.gather(*(source.tools() for source in self.sources))
        return {tool.name: tool for tools in (*reversed(found), self.own) for tool in tools}


async def call(tools: Mapping[str, Tool], name: str, arguments: str) -> Outcome:
    """Run one call. It never raises: whatever goes wrong is an outcome that the model reads."""
    tool = tools.get(name)
    if tool is None:
        return Outcome("failed", f"There is no tool called {name[:100]}.")
    try:
        given = loads(arguments or "{}")
    except (ValueError, RecursionError):
        return Outcome("failed", "The arguments are not valid JSON.")
    if not isinstance(given, dict):
        return Outcome("failed", "The arguments must be a JSON object.")
    try:
        async with asyncio.timeout(tool.seconds):
            return Outcome("ok", _text(await _run(tool, given)))
    except TimeoutError:
        return Outcome("timeout", f"The tool took longer than {tool.seconds:g} s.")
    except Exception as error:  # a tool is the application's own code: anything may come out of it
        log.warning("agent.tool_failed", extra={"tool": name, "error": type(error).__name__})
        return Outcome("failed", f"The tool failed: {type(error).__name__}.")


async def _run(tool: Tool, given: Json) -> Any:
    if inspect.iscoroutinefunction(tool.run):
        return await tool.run(**given)
    found = await asyncio.to_thread(tool.run, **given)
    return await found if inspect.isawaitable(found) else found


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, default=str)
    return middle_out(text.encode("utf-8", "replace").decode(), limits.TOOL_OUTPUT_CHARS)


def tool(function: Callable[..., Any]) -> Tool:
    """Return the tool of a function: its name, its docstring, and a schema from its annotations."""
    name = function.__name__
    return Tool(name, inspect.getdoc(function) or name, _schema(function), function)


def _schema(function: Callable[..., Any]) -> Json:
    from pydantic import TypeAdapter  # heavy, and only where tools are declared

    properties: Json = {}
    required = []
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        annotation = str if parameter.annotation is parameter.empty else parameter.annotation
        properties[name] = TypeAdapter(annotation).json_schema()
        if parameter.default is parameter.empty:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def load(names: Iterable[str]) -> tuple[Tool, ...]:
    """Return the tools that names like `package.module:attribute` stand for: tools, functions, or lists."""
    found: list[Tool] = []
    for name in names:
        module, _, attribute = name.partition(":")
        value = getattr(import_module(module), attribute)
        values = value if isinstance(value, (list, tuple)) else [value]
        found += [each if isinstance(each, Tool) else tool(each) for each in values]
    return tuple(found)
