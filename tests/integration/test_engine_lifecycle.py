"""A local stack keeps what was written, notices what has changed, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.engine import ports, running
from dev.engine.server import ROOT, StateDamaged
from dev.engine.stack import LocalStack
from dev.engine.tools import ToolsWrong
from tests.integration.conftest import PROBE, eventually


def stack_of(state: Path, project: Path = PROBE) -> LocalStack:
    """Return a stack without upstream and hosts, not started yet."""
    return LocalStack(state, project, simulator=False)


def colour(stack: LocalStack) -> Any:
    """Ask a function for a variable of its environment."""
    with urllib.request.urlopen(f"{stack.api_url}/echo") as answer:
        return json.load(answer)["colour"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the probe that a test may change."""
    return Path(shutil.copytree(PROBE, tmp_path / "project"))


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start `python -m dev up` on the probe; what is left of it is killed at the end."""
    free = ("--port", "0", "--engine-port", "0", "--simulator-port", "0")
    command = (sys.executable, "-m", "dev", "up", "--project", str(PROBE), "--state", str(tmp_path), *free)
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=_at_a_terminal
    )
    eventually(lambda: running.find(tmp_path))
    yield process
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
    running.sweep(tmp_path)


def _at_a_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored


def alive(pids: list[int]) -> list[int]:
    """Return those of the processes that still run."""
    return [pid for pid in pids if running.command_of(pid)]


def pids_of(state: Path) -> dict[str, int]:
    """Return the processes of the stack that runs from `state`."""
    found = running.find(state)
    assert found is not None
    pids: dict[str, int] = found["pids"]
    return pids


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    item = {"pk": {"S": "kept"}, "sk": {"S": "a"}}
    with stack_of(tmp_path) as stack:
        stack.boto3_client("dynamodb").put_item(TableName=stack.table_name, Item=item)
    with stack_of(tmp_path) as stack:
        read = stack.boto3_client("dynamodb").get_item(TableName=stack.table_name, Key=item)
        assert read["Item"] == item


def test_a_start_without_changes_deploys_nothing(tmp_path: Path) -> None:
    with stack_of(tmp_path) as first:
        assert {"packages", "deploy"} <= set(first.durations)
    with stack_of(tmp_path) as second:
        assert {"packages", "deploy"}.isdisjoint(second.durations)
        assert colour(second) == "green"


def test_a_changed_template_is_deployed_over_the_old_one(tmp_path: Path, project: Path) -> None:
    template = project / "template.yaml"
    with stack_of(tmp_path, project) as stack:
        assert colour(stack) == "green"
    template.write_text(template.read_text().replace("COLOUR: !Ref Colour", "COLOUR: !Sub '${Colour}ish'"))
    with stack_of(tmp_path, project) as stack:
        assert colour(stack) == "greenish"


def test_a_changed_parameter_alone_reaches_the_functions(tmp_path: Path) -> None:
    with stack_of(tmp_path):
        pass
    changed = LocalStack(tmp_path, PROBE, simulator=False, parameter_values={"Colour": "blue"})
    with changed as stack:
        assert colour(stack) == "blue"


def test_changed_code_of_a_layer_reaches_the_functions(tmp_path: Path, project: Path) -> None:
    with stack_of(tmp_path, project):
        pass
    (project / "layers/probe/probe_layer/__init__.py").write_text('NAME = "changed"\n')
    with stack_of(tmp_path, project) as stack, urllib.request.urlopen(f"{stack.api_url}/echo") as answer:
        assert json.load(answer)["layer"] == "changed"


def test_two_stacks_run_side_by_side(tmp_path: Path, probe: LocalStack) -> None:
    with stack_of(tmp_path) as other:
        assert other.api_url != probe.api_url
        assert colour(other) == colour(probe) == "green"


def test_a_taken_port_is_named_with_its_purpose(tmp_path: Path, probe: LocalStack) -> None:
    port = int(probe.api_url.rsplit(":", 1)[1])
    with pytest.raises(ports.PortTaken, match=f"port {port} for the gateway is in use"):
        ports.claim(port, "gateway")


def test_a_free_port_is_none_that_an_outgoing_connection_may_be_lent() -> None:
    found = [ports.free_port() for _ in range(200)]
    assert len(set(found)) == len(found)
    lent = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(lent.read_text().split()[0]) if lent.exists() else 49_152
    assert max(found) < lowest


def test_an_interrupt_stops_every_process(launcher: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = list(pids_of(tmp_path).values())
    assert len(alive(pids)) == 4
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait() == 0
    assert alive(pids) == []
    assert running.find(tmp_path) is None


def test_a_closed_terminal_stops_every_process(launcher: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = list(pids_of(tmp_path).values())
    assert launcher.stdout
    launcher.stdout.close()
    launcher.send_signal(signal.SIGHUP)
    assert launcher.wait() == 0
    assert alive(pids) == []


def test_a_part_that_dies_ends_the_launcher_with_an_error(
    launcher: subprocess.Popen[str], tmp_path: Path
) -> None:
    pids = pids_of(tmp_path)
    os.kill(pids["simulator"], signal.SIGKILL)
    assert launcher.wait() == 1
    assert "simulator has ended by itself with status -9" in (
        launcher.stdout.read() if launcher.stdout else ""
    )
    assert alive(list(pids.values())) == []


def test_a_second_launcher_says_where_the_first_one_is(
    launcher: subprocess.Popen[str], tmp_path: Path
) -> None:
    again = (sys.executable, "-m", "dev", "up", "--project", str(PROBE), "--state", str(tmp_path))
    second = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, check=False)
    found = running.find(tmp_path)
    assert found is not None
    assert second.returncode == 1
    assert f"another one runs from {tmp_path} at {found['api_url']}" in second.stdout


@pytest.mark.parametrize("wrong", [("--port", "99999"), ("--engine-port", "-1"), ("--hosts", "-1")])
def test_a_number_that_cannot_be_is_refused_at_once(wrong: tuple[str, str], tmp_path: Path) -> None:
    asked = (sys.executable, "-m", "dev", "up", "--state", str(tmp_path), *wrong)
    refused = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"argument {wrong[0]}: " in refused.stderr


NO_TARGET = '{"weather": {"description": "Tells the weather."}}'
NO_SECRET = '{"weather": {"description": "Tells the weather.", "http": {"url": "https://tools.example/w"}}}'


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (NO_TARGET, "tool weather: needs exactly one of http, lambda, mcp"),
        (NO_SECRET, "there is no secret 'signing', which the tools need, in TOOL_SECRETS"),
        ("{", "the tools are not valid JSON"),
    ],
)
def test_tools_that_no_host_could_run_are_refused_in_one_line(written: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    file.write_text(written)
    free = ("--port", "0", "--engine-port", "0", "--simulator-port", "0")
    refused = subprocess.run(
        (sys.executable, "-m", "dev", "up", "--state", str(tmp_path / "state"), *free),
        cwd=ROOT,
        env={**os.environ, "TOOLS_FILE": str(file), "TOOL_SECRETS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, refused.stderr) == (1, "")
    [line] = refused.stdout.splitlines()
    assert line.endswith(f"could not start: {file}: {why}")


def test_tools_that_are_nowhere_are_refused_before_anything_is_started(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path, simulator=False, parameter_values={"ToolsFile": "/nowhere/tools.json"})
    with pytest.raises(ToolsWrong, match=r"/nowhere/tools\.json cannot be read"):
        stack.start()
    assert stack.children == []


def test_what_a_killed_launcher_leaves_is_swept_up(launcher: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = list(pids_of(tmp_path).values())
    launcher.kill()
    launcher.wait()
    assert "sideband-1" in running.sweep(tmp_path)  # engine and gateway leave by themselves
    assert alive(pids) == []


def test_a_server_of_a_function_that_was_left_running_is_swept_up(tmp_path: Path) -> None:
    waits = [sys.executable, "-c", "import time; time.sleep(600)", "-m uvicorn"]
    ours, strangers = (
        subprocess.Popen(waits, cwd=directory, start_new_session=True)
        for directory in (ROOT / "functions" / "agent", tmp_path)
    )
    try:
        running.publish(tmp_path, {"pids": {"AgentQuery": ours.pid, "reused": strangers.pid}})
        assert running.sweep(tmp_path) == ["AgentQuery"]
        assert ours.wait() == -signal.SIGTERM
        assert strangers.poll() is None
    finally:
        for process in (ours, strangers):
            process.kill()
            process.wait()


def test_a_launcher_whose_state_is_deleted_stops(launcher: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = list(pids_of(tmp_path).values())
    shutil.rmtree(tmp_path, ignore_errors=True)
    assert launcher.wait() == 1
    assert "has been deleted" in (launcher.stdout.read() if launcher.stdout else "")
    assert alive(pids) == []


def test_a_stack_starts_again_after_its_engine_was_killed(tmp_path: Path) -> None:
    with stack_of(tmp_path) as first:
        first.children[0].kill()
    with stack_of(tmp_path) as second:
        assert colour(second) == "green"


def test_a_damaged_state_is_said_and_not_half_used(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "dynamodb.json").write_text("{")
    with pytest.raises(StateDamaged, match="make clean-dev"):
        stack_of(tmp_path).start()


def test_clean_forgets_the_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running.exclusively(state):
        (state / "services").mkdir()
    running.clean(state)
    assert not state.exists()
