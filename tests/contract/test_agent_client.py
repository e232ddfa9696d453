"""The browser's client: its own tests, and against the real application, where node is installed."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.contract.agent_site import Gated, serving

CLIENT = Path(__file__).parents[2] / "clients" / "agent"
NODE = shutil.which("node")
TALK = """
import { AgentClient } from "./agent.js";
const agent = new AgentClient({ baseUrl: process.argv[1] });
const events = [];
for await (const event of agent.ask("hi")) events.push(event);
console.log(JSON.stringify({ events, history: await agent.history(), cleared: await agent.clear() }));
"""

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed; nothing else needs it")


async def node(*arguments: str) -> str:
    """Run node beside the client; return what it printed. Fail with it if node does."""
    process = await asyncio.create_subprocess_exec(
        str(NODE), *arguments, cwd=CLIENT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def test_the_clients_own_tests_pass() -> None:
    await node("--test")


async def test_the_client_opens_a_session_asks_reads_and_clears() -> None:
    upstream = Gated()
    upstream.go_on.set()
    async with serving(upstream) as site:
        seen = json.loads(await node("--input-type=module", "--eval", TALK, str(site.http.base_url)))
    assert [event["type"] for event in seen["events"]] == ["start", "token", "token", "done"]
    assert [message["answer"] for message in seen["history"]["messages"]] == ["first second"]
    assert seen["cleared"]["messages"] == []
