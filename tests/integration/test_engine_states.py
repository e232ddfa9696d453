"""State machines run on the local engine as they would on Step Functions."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from dev.engine.stack import LocalStack
from tests.integration.conftest import eventually


def run_express(probe: LocalStack, **given: Any) -> Any:
    """Run the express machine and return its answer."""
    states = probe.boto3_client("stepfunctions")
    arn = probe.outputs["ExpressArn"]
    return states.start_sync_execution(stateMachineArn=arn, input=json.dumps(given))


def start_standard(probe: LocalStack, name: str, numbers: list[int]) -> str:
    """Start the standard machine and return the execution's ARN."""
    states = probe.boto3_client("stepfunctions")
    started = states.start_execution(
        stateMachineArn=probe.outputs["StandardArn"], name=name, input=json.dumps({"numbers": numbers})
    )
    return str(started["executionArn"])


def finished(probe: LocalStack, arn: str) -> Any:
    """Wait for the end of an execution and return its description."""

    def look() -> Any:
        seen = probe.boto3_client("stepfunctions").describe_execution(executionArn=arn)
        return seen if seen["status"] != "RUNNING" else None

    return eventually(look)


def test_parallel_branches_join_in_order(probe: LocalStack) -> None:
    answer = run_express(probe, number=4, do="double")
    assert json.loads(answer["output"]) == {"sum": 8, "second": {"doubled": 2}, "label": "double"}


def test_a_task_that_fails_once_is_tried_again(probe: LocalStack) -> None:
    answer = run_express(probe, number=4, do="busy_once", run=str(uuid4()))
    assert json.loads(answer["output"])["second"] == {"tries": 2}


def test_an_error_is_caught_by_the_name_of_its_class(probe: LocalStack) -> None:
    answer = run_express(probe, number=4, do="hopeless")
    assert json.loads(answer["output"])["second"] == {"caught": "Hopeless", "cause": "never"}


def test_a_failed_execution_has_a_cause_and_no_output(probe: LocalStack) -> None:
    answer = run_express(probe, number=200, do="double")
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "TooLarge", "number 400")
    assert not answer.get("output")


def test_a_function_may_start_a_machine_and_wait_for_it(probe: LocalStack) -> None:
    functions = probe.boto3_client("lambda")
    event = {"path": "/express", "body": '{"number": 1, "do": "double"}', "headers": {}}
    name = probe.physical_ids["StartFunction"]
    answer = json.load(functions.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])
    assert json.loads(answer["body"])["status"] == "SUCCEEDED"


def test_a_map_keeps_the_order_of_its_items(probe: LocalStack) -> None:
    done = finished(probe, start_standard(probe, f"run-{uuid4()}", [3, 1, 2]))
    assert json.loads(done["output"]) == {"total": 12, "doubled": [6, 2, 4], "input": [3, 1, 2]}


def test_the_same_start_again_is_the_same_execution(probe: LocalStack) -> None:
    name = f"run-{uuid4()}"
    assert start_standard(probe, name, [1]) == start_standard(probe, name, [1])


def test_a_name_cannot_start_another_execution(probe: LocalStack) -> None:
    name = f"run-{uuid4()}"
    states = probe.boto3_client("stepfunctions")
    finished(probe, start_standard(probe, name, [1]))
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        start_standard(probe, name, [1])
