"""Tools that the sideband runs for the model: what it is told of them, where they live, who may use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Any, Literal

from switchboard.domain import limits
from switchboard.domain.principal import Principal

Kind = Literal["user", "guest", "service"]
KINDS: tuple[Kind, ...] = ("user", "guest", "service")
"""Who may use a tool, as the beginning of an owner says it."""


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """An address that is asked. Headers may name secrets, as `${name}`."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LambdaTarget:
    """A function that is invoked: its ARN or its name."""

    function: str


@dataclass(frozen=True, slots=True)
class McpTarget:
    """One tool of an MCP server; `token` is a bearer token and may name a secret."""

    url: str
    tool: str
    token: str = ""


Target = HttpTarget | LambdaTarget | McpTarget


@dataclass(frozen=True, slots=True)
class ServerTool:
    """One tool. It may take so many seconds, and its output has so many bytes at most."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    target: Target
    kinds: frozenset[str] = frozenset(("user",))
    seconds: float = limits.TOOL_SECONDS
    output_bytes: int = limits.TOOL_OUTPUT_BYTES

    def is_for(self, owner: str) -> bool:
        """True if whoever owns a session, in storage form, may use it there."""
        return owner.partition(":")[0] in self.kinds

    def as_tool(self) -> dict[str, Any]:
        """Return it as the upstream is told of it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, slots=True)
class ServerTools:
    """All tools by name: nothing else is ever run."""

    by_name: Mapping[str, ServerTool] = field(default_factory=dict)

    def granted(self, principal: Principal) -> list[dict[str, Any]] | None:
        """Return the tools of a principal's sessions in the upstream's words; None if there are none."""
        return [tool.as_tool() for tool in self.by_name.values() if tool.is_for(principal.owner)] or None

    def signs(self) -> bool:
        """True if there is a target whose requests must be signed."""
        return any(isinstance(tool.target, HttpTarget) for tool in self.by_name.values())


def with_granted(
    granted: Sequence[Mapping[str, Any]] | None, others: Sequence[Mapping[str, Any]] | None
) -> list[dict[str, Any]] | None:
    """Return all tools of a call: a granted one wins over another of its name. None if nothing is said."""
    if not granted:
        return None if others is None else [dict(tool) for tool in others]
    names = names_of(granted)
    return [
        dict(tool) for tool in (*granted, *(each for each in others or () if each.get("name") not in names))
    ]


def names_of(tools: Sequence[Mapping[str, Any]] | None) -> frozenset[str]:
    """Return the names of some tools."""
    return frozenset(str(tool.get("name")) for tool in tools or ())


def size_of(tools: Sequence[Mapping[str, Any]]) -> int:
    """Return the bytes of their JSON."""
    return len(dumps(list(tools)).encode())
