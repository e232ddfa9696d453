"""One configuration says which agents there are; what is wrong in it is said with the agent's name."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest
from switchboard.domain.agents import Agents, BadConfiguration
from switchboard.domain.errors import UnknownAgent
from switchboard.parts.packed import PACKED

FULL = {
    "instructions": "Help.",
    "name": "Helper",
    "model": "gpt-5.6-terra",
    "tools": [{"type": "web_search"}],
    "functions": ["tools:look_up"],
    "mcp_servers": [{"label": "docs", "url": "https://mcp.example.com", "allowed_tools": ["search"]}],
    "workflow": "wf_1",
    "workflow_version": "2",
}


def read(**agents: Any) -> Agents:
    return Agents.read(dumps(agents))


def test_an_agent_has_all_that_is_configured() -> None:
    agent = read(helper=FULL).get("helper")
    assert (agent.id, agent.model, agent.workflow, agent.functions) == (
        "helper",
        "gpt-5.6-terra",
        "wf_1",
        ("tools:look_up",),
    )
    assert agent.as_tools() == [
        {"type": "web_search"},
        {
            "type": "mcp",
            "server_label": "docs",
            "server_url": "https://mcp.example.com",
            "require_approval": "never",
            "allowed_tools": ["search"],
        },
    ]


def test_an_agent_needs_nothing_but_instructions() -> None:
    agent = read(helper={"instructions": "Help."}).get("helper")
    assert agent.as_tools() == []
    assert (agent.model, agent.workflow) == ("", "")


def test_a_stage_maps_agents_to_its_own_workflows() -> None:
    agents = read(a=FULL, b={"instructions": "Help."}).with_workflows('{"b": "wf_9"}')
    assert [agents.get(name).workflow for name in ("a", "b")] == ["wf_1", "wf_9"]


@pytest.mark.parametrize("name", ["nobody", "", "HELPER", "x" * 1000])
def test_an_unknown_agent_is_refused_with_a_short_name(name: str) -> None:
    with pytest.raises(UnknownAgent) as refused:
        read(helper=FULL).get(name)
    assert refused.value.details == {"agent_id": name[:64]}


@pytest.mark.parametrize(
    "changes",
    [
        {"instructions": ""},
        {"instructions": 7},
        {"model": None},
        {"tools": {}},
        {"tools": [{}]},
        {"tools": ["web_search"]},
        {"functions": "tools:look_up"},
        {"mcp_servers": [{"label": "docs", "url": "http://mcp.example.com"}]},
        {"mcp_servers": [{"url": "https://mcp.example.com"}]},
        {"mcp_servers": [{"label": "docs", "url": "https://mcp.example.com", "token": "secret"}]},
        {"mcp_servers": [{"label": "docs", "url": "https://mcp.example.com", "allowed_tools": [1]}]},
        {"temperature": 1},
    ],
)
def test_what_is_wrong_is_said_with_the_agents_name(changes: dict[str, Any]) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        read(helper={**FULL, **changes})
    assert "helper" in str(wrong.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"A b": {"instructions": "x"}}', '{"a": []}'])
def test_a_text_that_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        Agents.read(text)


@pytest.mark.parametrize("text", ["[]", "{", '{"nobody": "wf_1"}', '{"helper": 7}'])
def test_a_map_of_workflows_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        read(helper=FULL).with_workflows(text)


def test_the_agents_that_are_shipped_are_well_formed() -> None:
    assert Agents.read((PACKED / "agents.json").read_text("utf-8")).get("assistant").instructions
