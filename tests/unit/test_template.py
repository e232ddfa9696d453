"""The template says what the rest of the repository says, and keeps the house rules of deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations
from switchboard.agent import limits as agent_limits
from switchboard.domain import live_limits
from switchboard.metrics import DIMENSIONS

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
MACHINES = sorted((ROOT / "statemachines").glob("*.asl.yaml"))
API_GATEWAY_LIMIT = 29
"""Seconds after which API Gateway answers in a function's place."""


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return name and properties of all resources of a type."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")


OWN_APPLICATION = {"agent", "get_openapi"}
"""Folders that hold an application with routes of its own, or a mere text, not one use case."""
STREAMING = {
    "AgentStreamFunction": "agent",
    "ChatkitStreamFunction": "chatkit",
    "StreamTranscriptFunction": "stream_transcript",
}
"""Functions that run an application of several requests as a server, to stream, and its folder."""


def verb(function: str) -> str:
    """Return `create_session` for `CreateSessionFunction`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function.removesuffix("Function")).lower()


def routes() -> set[str]:
    """Return the template's routes, such as `POST /session`."""
    events = [event for each in FUNCTIONS.values() for event in routed(each)]
    return {f"{event['Method'].upper()} {event['Path']}" for event in events}


def asked_routes() -> set[str]:
    """Return the routes that somebody asks for: all but the browsers' own questions."""
    return {route for route in routes() if not route.startswith("OPTIONS ")}


def routed(function: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requests that a function answers; a schedule is none."""
    return [each["Properties"] for each in function.get("Events", {}).values() if each["Type"] == "Api"]


def definition(path: Path) -> dict[str, Any]:
    """Return a state machine's definition."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every state, those inside Map and Parallel too."""
    for name, state in machine["States"].items():
        yield name, state
        for inner in (state.get("ItemProcessor"), *state.get("Branches", ())):
            if inner:
                yield from states(inner)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("functions", {path.parent.name for path in ROOT.glob("functions/*/app.py")}),
        ("events", {path.stem for path in ROOT.glob("events/*.json")}),
    ],
)
def test_every_function_has_its_place_in(where: str, names: set[str]) -> None:
    assert names == {verb(name) for name in FUNCTIONS if name not in STREAMING}, where


def test_every_function_is_a_use_case_of_the_same_name() -> None:
    use_cases = {path.stem for path in ROOT.glob("layers/switchboard/switchboard/usecases/*.py")}
    verbs = {verb(name) for name in FUNCTIONS if name not in STREAMING}
    assert verbs - OWN_APPLICATION <= use_cases


def test_every_function_runs_the_code_of_its_own_verb() -> None:
    assert {name: each["CodeUri"] for name, each in FUNCTIONS.items()} == {
        name: f"functions/{STREAMING.get(name, verb(name))}" for name in FUNCTIONS
    }


def test_the_readme_lists_the_routes_of_the_template() -> None:
    table = re.findall(
        r"^\| *`((?:GET|POST|PUT|DELETE) /[^`]*)`", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    assert set(table) == asked_routes()


def test_a_browser_may_ask_beforehand_on_every_path() -> None:
    preflights = {route.split()[1] for route in routes() - asked_routes()}
    assert preflights == {route.split()[1] for route in asked_routes()}


def test_every_function_logs_to_a_group_of_its_own_that_forgets() -> None:
    groups = {name: each["LoggingConfig"]["LogGroup"]["Ref"] for name, each in FUNCTIONS.items()}
    assert len(set(groups.values())) == len(groups)
    for group in [*groups.values(), *of_type("AWS::Logs::LogGroup")]:
        assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, group


def test_no_route_outlives_the_patience_of_api_gateway() -> None:
    default = TEMPLATE["Globals"]["Function"]["Timeout"]
    slow = {name for name, each in FUNCTIONS.items() if each.get("Timeout", default) >= API_GATEWAY_LIMIT}
    assert not [name for name in slow - set(STREAMING) if routed(FUNCTIONS[name])]


def test_a_streamed_route_is_waited_for_as_long_as_its_function_runs() -> None:
    most_that_api_gateway_waits = 15 * 60
    for name in STREAMING:
        [event] = [each["Properties"] for each in FUNCTIONS[name]["Events"].values()]
        assert event["ResponseTransferMode"] == "RESPONSE_STREAM"
        seconds = FUNCTIONS[name]["Timeout"]
        longest = (
            live_limits.STREAM_SECONDS if name == "StreamTranscriptFunction" else agent_limits.TURN_SECONDS
        )
        assert longest < seconds <= most_that_api_gateway_waits
        assert event["TimeoutInMillis"] == seconds * 1000


def test_every_queue_has_a_dead_letter_queue_unless_it_is_one() -> None:
    queues = of_type("AWS::SQS::Queue")
    targets = {
        each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].split(".")[0]
        if isinstance(each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"], str)
        else each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for each in queues.values()
        if "RedrivePolicy" in each
    }
    assert targets
    assert {name for name, each in queues.items() if "RedrivePolicy" not in each} == targets


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_task_has_a_time_limit_a_retry_that_names_its_errors_and_a_catch(path: Path) -> None:
    tasks = [(name, state) for name, state in states(definition(path)) if state["Type"] == "Task"]
    assert tasks
    for name, task in tasks:
        assert task["TimeoutSeconds"] > 0, name
        assert task["Catch"], name
        for retry in task["Retry"]:
            assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"]), name
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["BackoffRate"] > 1, name


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_state_says_what_it_is_for(path: Path) -> None:
    assert not [name for name, state in states(definition(path)) if not state.get("Comment")]


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_task_waits_no_longer_than_its_machine_and_for_a_function_that_is_substituted(
    path: Path,
) -> None:
    machine = definition(path)
    [resource] = [
        each
        for each in of_type("AWS::Serverless::StateMachine").values()
        if each["DefinitionUri"].endswith(path.name)
    ]
    substituted = resource["DefinitionSubstitutions"]
    named = {s["Arguments"]["FunctionName"] for _, s in states(machine) if s["Type"] == "Task"}
    assert named == {f"${{{name}}}" for name in substituted}
    for name, target in substituted.items():
        assert name in FUNCTIONS
        assert target == {"Ref": f"{name}.Alias"}
    invoked = [s["Resource"] for policy in resource["Policies"] for s in policy.get("Statement", [])]
    assert invoked == [list(substituted.values())]


def test_the_steps_of_a_renewal_fit_into_the_answer_to_a_request() -> None:
    machine = definition(ROOT / "statemachines" / "renew.asl.yaml")
    steps = sum(state["TimeoutSeconds"] for _, state in states(machine) if state["Type"] == "Task")
    assert (
        steps <= machine["TimeoutSeconds"] < FUNCTIONS["RenewSessionFunction"]["Timeout"] <= API_GATEWAY_LIMIT
    )


def test_a_workflow_logs_no_data() -> None:
    for name, each in of_type("AWS::Serverless::StateMachine").items():
        assert each["Logging"]["IncludeExecutionData"] is False, name


def test_every_alarm_reaches_a_person_or_a_scaling_policy() -> None:
    for name, each in of_type("AWS::CloudWatch::Alarm").items():
        assert "AlarmTopic" in str(each["AlarmActions"]) or "Scaling" in str(each["AlarmActions"]), name
        assert each["AlarmDescription"].endswith("."), name


def test_alarms_and_scaling_read_metrics_that_a_host_tells_and_under_its_dimensions() -> None:
    host = (ROOT / "services/sideband/metrics.py").read_text("utf-8")
    names = {"".join(pair) for pair in re.findall(r'"([A-Z]\w+)": \(|values\["(\w+)"\]', host)}
    [dimensions] = re.findall(r'"Dimensions": \[\[(.*?)\]\]', host)
    alarms = [
        each
        for each in of_type("AWS::CloudWatch::Alarm").values()
        if each["Namespace"] == "Switchboard"
        and {"Name": "service", "Value": "sideband"} in each["Dimensions"]
    ]
    assert alarms
    policy = RESOURCES["SidebandScalingByCalls"]["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    for read in [*alarms, policy["CustomizedMetricSpecification"]]:
        assert read["MetricName"] in names
        assert {each["Name"] for each in read["Dimensions"]} == set(re.findall(r'"(\w+)"', dimensions))


def test_alarms_read_metrics_that_the_functions_tell() -> None:
    package = ROOT / "layers/switchboard/switchboard"
    told = {
        name
        for path in (*package.rglob("*.py"), *ROOT.glob("functions/*/*/*.py"))
        for name in re.findall(r'tell\(\s*f?"([\w{}.()]+)"', path.read_text("utf-8"))
    }
    told |= {name.replace("{scope.title()}", scope) for name in told for scope in ("Guest", "Fleet")}
    alarms = [
        each
        for each in of_type("AWS::CloudWatch::Alarm").values()
        if each["Namespace"] == "Switchboard" and {"Name": "service", "Value": "api"} in each["Dimensions"]
    ]
    assert alarms
    for alarm in alarms:
        assert alarm["MetricName"] in told
        assert [each["Name"] for each in alarm["Dimensions"]] == DIMENSIONS


def test_what_api_gateway_says_by_itself_has_the_shape_of_every_error() -> None:
    for name, each in RESOURCES["Api"]["Properties"]["GatewayResponses"].items():
        error = json.loads(each["ResponseTemplates"]["application/json"])["error"]
        assert {"code", "message", "request_id"} <= set(error), name
        assert error["request_id"] == "$context.requestId", name
