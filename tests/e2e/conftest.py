"""The whole system on this machine: real processes, real sockets, two sideband hosts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import httpx
import pytest

from dev.demo.client import Browser, FrontEnd
from dev.engine.stack import LocalStack
from tests.e2e.tool_shop import Shop, shop

Value = TypeVar("Value")
CALLS_OF_A_GUEST = 4
"""Calls that one guest has at once, at most: more than any other test here wants."""
EVENTUALLY_S = 60.0
"""Longer than anything here takes, even on a machine that is busy with something else."""


@dataclass
class House:
    """The running system, and every line that any of its processes has printed."""

    stack: LocalStack
    lines: list[str] = field(default_factory=list)
    shop: Shop = field(default_factory=Shop)

    def front_end(self) -> FrontEnd:
        """Return a front end of a new guest."""
        return FrontEnd(self.stack.api_url)

    def browser(self) -> Browser:
        """Return a browser that calls the simulator."""
        return Browser(self.stack.simulator_url)

    def http(self) -> httpx.Client:
        """Return a bare client of the API."""
        return httpx.Client(base_url=self.stack.api_url, timeout=EVENTUALLY_S)

    def simulator(self) -> httpx.Client:
        """Return a client of the simulator's control API."""
        return httpx.Client(base_url=f"{self.stack.simulator_url}/_simulator", timeout=EVENTUALLY_S)

    def follower(self, session_id: str) -> str | None:
        """Return the host that holds the lease of the session's call."""
        answer = self.stack.boto3_client("dynamodb").query(
            TableName=self.stack.table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :call)",
            ExpressionAttributeValues={":pk": {"S": f"SESSION#{session_id}"}, ":call": {"S": "CALL#"}},
        )
        return next((str(row["host"]["S"]) for row in answer["Items"] if "host" in row), None)

    def kill_follower(self, session_id: str) -> str:
        """Kill the host that follows the session's call, as soon as one does; return its id."""
        host = eventually(lambda: self.follower(session_id))
        hosts = (child for child in self.stack.children if child.name.startswith("sideband"))
        victim = next(
            child
            for child in hosts
            if any(host in line and line.startswith(child.name) for line in self.lines)
        )
        self.stack.kill_sideband_host(signal.SIGKILL, victim)
        return host


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run the system once for all end-to-end tests."""
    tools = tmp_path_factory.mktemp("tools") / "tools.json"
    with shop() as open_shop:
        open_shop.write_configuration(tools)
        yield from _running(tmp_path_factory.mktemp("house"), tools, open_shop)


def _running(state_dir: Path, tools: Path, open_shop: Shop) -> Iterator[House]:
    lines: list[str] = []
    stack = LocalStack(
        state_dir=state_dir,
        sideband_hosts=2,
        parameter_values={
            "BackendApiKey": "backend-key-of-the-test",
            "JwtSecret": "jwt-secret-of-the-test-" * 2,
            "CallsGuest": str(CALLS_OF_A_GUEST),
            "ToolsFile": str(tools),
            "ToolSecrets": open_shop.secrets(),
        },
        sink=lambda name, line: lines.append(f"{name}: {line}"),
    )
    with stack:
        yield House(stack, lines, open_shop)


@pytest.fixture
def faults(house: House) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Return what switches a fault of the simulator on; all are off again after the test."""
    with house.simulator() as control:

        def switch_on(fault: dict[str, Any]) -> None:
            control.post("/faults", json=fault).raise_for_status()

        yield switch_on
        control.delete("/faults").raise_for_status()


def eventually(look: Callable[[], Value | None]) -> Value:
    """Return what `look` gives once it gives something true. Fail when the time is up."""
    until = monotonic() + EVENTUALLY_S
    while not (seen := look()):
        assert monotonic() < until, "it did not happen in time"
        sleep(0.05)
    return seen
