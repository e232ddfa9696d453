"""The agents of this deployment: what each is told, with what it works, and who answers for it upstream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from json import loads
from re import fullmatch
from typing import Any

from switchboard.domain.errors import UnknownAgent

NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
"""What an agent's id looks like: it is part of keys, of metrics and of addresses."""


class BadConfiguration(ValueError):
    """The configuration of the agents is wrong, and where; nobody who asks is told."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """A remote tool server that the model may call by itself."""

    label: str
    url: str
    allowed_tools: tuple[str, ...] = ()

    def as_tool(self) -> dict[str, Any]:
        """Return it as the upstream's tool; nobody is there to approve a call in the middle of an answer."""
        tool: dict[str, Any] = {
            "type": "mcp",
            "server_label": self.label,
            "server_url": self.url,
            "require_approval": "never",
        }
        return tool | ({"allowed_tools": list(self.allowed_tools)} if self.allowed_tools else {})


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `model` is the deployment's own if empty; `workflow` is its hosted form, if it has one.

    `tools` are run by the upstream, `functions` by us: named as `module:attribute`.
    """

    id: str
    instructions: str
    name: str = ""
    model: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    functions: tuple[str, ...] = ()
    workflow: str = ""
    workflow_version: str = ""

    def as_tools(self) -> list[dict[str, Any]]:
        """Return all of its tools in the upstream's words."""
        return [dict(tool) for tool in self.tools] + [server.as_tool() for server in self.mcp_servers]


@dataclass(frozen=True, slots=True)
class Agents:
    """All agents by id."""

    by_id: Mapping[str, Agent] = field(default_factory=dict)

    def get(self, agent_id: str) -> Agent:
        """Return the agent. Raise UnknownAgent."""
        if agent_id not in self.by_id:
            raise UnknownAgent("There is no such agent.", details={"agent_id": agent_id[:64]})
        return self.by_id[agent_id]

    def with_workflows(self, text: str) -> Agents:
        """Return the agents with the workflows of a JSON map from agent id to workflow id."""
        changed = dict(self.by_id)
        for agent_id, workflow in _object(text or "{}", "the map of workflows").items():
            if agent_id not in changed or not isinstance(workflow, str):
                raise BadConfiguration(f"the map of workflows has a wrong entry for {agent_id!r}")
            changed[agent_id] = replace(changed[agent_id], workflow=workflow)
        return Agents(changed)

    @classmethod
    def read(cls, text: str) -> Agents:
        """Return the agents of a JSON object by id. Raise BadConfiguration."""
        raw = _object(text, "the configuration of the agents")
        return cls({agent_id: _agent(agent_id, entry) for agent_id, entry in raw.items()})


TEXTS = ("instructions", "name", "model", "workflow", "workflow_version")


def _agent(agent_id: str, entry: Any) -> Agent:
    if not fullmatch(NAME, agent_id):
        raise BadConfiguration(f"{agent_id!r} is no id of an agent")
    if not isinstance(entry, dict) or entry.keys() - {*TEXTS, "tools", "functions", "mcp_servers"}:
        raise BadConfiguration(f"agent {agent_id}: unknown or misplaced fields")
    for name in TEXTS:
        if not isinstance(entry.get(name, ""), str):
            raise BadConfiguration(f"agent {agent_id}: {name} must be text")
    if not entry.get("instructions"):
        raise BadConfiguration(f"agent {agent_id}: instructions are missing")
    return Agent(
        id=agent_id,
        tools=tuple(_tools(agent_id, entry.get("tools", []))),
        functions=_names(agent_id, "functions", entry.get("functions", [])),
        mcp_servers=tuple(_servers(agent_id, entry.get("mcp_servers", []))),
        **{name: entry[name] for name in TEXTS if name in entry},
    )


def _tools(agent_id: str, raw: Any) -> Iterator[Mapping[str, Any]]:
    for tool in raw if isinstance(raw, list) else [None]:
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            raise BadConfiguration(f"agent {agent_id}: every tool is an object with a type")
        yield tool


def _servers(agent_id: str, raw: Any) -> Iterator[McpServer]:
    for server in raw if isinstance(raw, list) else [None]:
        if not isinstance(server, dict) or server.keys() - {"label", "url", "allowed_tools"}:
            raise BadConfiguration(f"agent {agent_id}: an MCP server has label, url and allowed_tools")
        label, url = server.get("label"), server.get("url")
        if not isinstance(label, str) or not isinstance(url, str) or not url.startswith("https://"):
            raise BadConfiguration(f"agent {agent_id}: an MCP server needs a label and an https url")
        yield McpServer(label, url, _names(agent_id, "allowed_tools", server.get("allowed_tools", [])))


def _names(agent_id: str, what: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise BadConfiguration(f"agent {agent_id}: {what} is a list of names")
    return tuple(raw)


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        raw = loads(text)
    except ValueError as error:
        raise BadConfiguration(f"{what} is not valid JSON") from error
    if not isinstance(raw, dict):
        raise BadConfiguration(f"{what} must be a JSON object")
    return raw
