"""A sideband host is started as the template's task definition says."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from dev.engine.omissions import without_omissions
from dev.engine.stack import LocalStack
from dev.engine.tasks import read_tasks, with_task_outputs
from tests.integration.conftest import PROBE, eventually


def start(tmp_path: Path, hosts: int) -> tuple[LocalStack, list[dict[str, Any]]]:
    """Return a stack that is not started yet, and the list that its hosts' log goes to."""
    told: list[dict[str, Any]] = []

    def note(name: str, line: str) -> None:
        if name.startswith("sideband"):
            told.append({"host": name, **json.loads(line)})

    return LocalStack(tmp_path, PROBE, simulator=False, sideband_hosts=hosts, sink=note), told


def test_a_host_gets_the_tasks_environment_resolved(tmp_path: Path) -> None:
    stack, told = start(tmp_path, hosts=1)
    with stack:
        given = eventually(lambda: told[0] if told else None)
        assert given["TABLE_NAME"] == stack.table_name
        assert given["QUEUE_URL"] == stack.queue_url("Commands")
        assert given["GREETING"] == "hello dev"
        assert given["CLUSTER"] == "omitted-Cluster"
        assert given["AWS_ENDPOINT_URL"] == stack.engine_url


def test_a_tasks_secret_arrives_as_its_value(tmp_path: Path) -> None:
    stack, told = start(tmp_path, hosts=1)
    with stack:
        assert eventually(lambda: told[0] if told else None)["OPENAI_API_KEY"] == "sk-probe"


def test_a_host_told_to_leave_says_goodbye_and_a_killed_one_does_not(tmp_path: Path) -> None:
    stack, told = start(tmp_path, hosts=2)
    with stack:
        left = stack.kill_sideband_host(signal.SIGTERM)
        killed = stack.kill_sideband_host(signal.SIGKILL)
        assert (left.returncode, killed.returncode) == (0, -signal.SIGKILL)
        assert [event["host"] for event in told if event["message"] == "left"] == ["sideband-1"]


def test_a_variable_exists_only_under_its_condition() -> None:
    entry = {"Fn::If": ["HasIssuer", {"Name": "JWT_ISSUER", "Value": "x"}, {"Ref": "AWS::NoValue"}]}
    task = {
        "Type": "AWS::ECS::TaskDefinition",
        "Condition": "HasSideband",
        "Properties": {"ContainerDefinitions": [{"Name": "host", "Environment": [entry]}]},
    }
    template = with_task_outputs({"Resources": {"Task": task}})
    (output,) = template["Outputs"].values()
    needed = template["Conditions"][output["Condition"]]
    assert needed == {"Fn::And": [{"Condition": "HasSideband"}, {"Condition": "HasIssuer"}]}


def test_a_task_comes_back_from_the_outputs_that_carry_it() -> None:
    container = {
        "Name": "host",
        "Command": ["python", "-m", "sideband"],
        "Environment": [{"Name": "STAGE", "Value": "dev"}],
        "Secrets": [{"Name": "KEY", "ValueFrom": "arn:x"}],
    }
    task = {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [container]}}
    template = without_omissions(with_task_outputs({"Resources": {"Task": task}}))
    listed = [
        {"OutputKey": name, "OutputValue": output["Value"], "Description": output["Description"]}
        for name, output in template["Outputs"].items()
    ]
    read = read_tasks(listed)["host"]
    assert read.command == ["python", "-m", "sideband"]
    assert (read.environment, read.secrets) == ({"STAGE": "dev"}, {"KEY": "arn:x"})
