"""AWS says "not now": the caller hears when to come back, and a hint that is lost fails nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.session import Session as Aws
from botocore.stub import Stubber
from switchboard.domain import errors
from switchboard.domain.errors import SwitchboardError, Throttled
from switchboard.domain.extraction import DEFAULT_SCHEMA, Extraction
from switchboard.domain.ports.workflows import Renewal
from switchboard.domain.secret import ClientSecret
from switchboard.http import endpoint
from switchboard.stores.dynamodb.secrets import DynamoSecrets
from switchboard.stores.dynamodb.sessions import DynamoSessions
from switchboard.stores.dynamodb.table import Table
from switchboard.upstream.aws.sideband_queue import SqsSidebandCommands
from switchboard.upstream.aws.workflows import StepFunctionsWorkflows
from switchboard.usecases.attach_call import attach_call
from switchboard.usecases.end_session import end_session
from switchboard.usecases.get_session import get_session

from tests.unit.fakes import START, World
from tests.unit.given import SESSION_ID, open_session

RENEW, EXTRACT = (
    f"arn:aws:states:eu-central-1:123456789012:stateMachine:{name}" for name in ("renew", "extract")
)
SILENCE: list[BotoCoreError] = [
    ConnectTimeoutError(endpoint_url="https://aws.test"),
    ReadTimeoutError(endpoint_url="https://aws.test"),
    EndpointConnectionError(endpoint_url="https://aws.test"),
]
DEFECTS: list[BotoCoreError] = [NoCredentialsError(), ParamValidationError(report="tell nobody")]


def refused(code: str, operation: str = "PutItem", **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "tell nobody"}, **more}
    return ClientError(response, operation)


class Failing:
    """A client whose every operation fails in that way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def fail(**request: Any) -> NoReturn:
            raise self._error

        return fail


def table(error: Exception, world: World) -> Table:
    client: Any = Failing(error)
    return Table(client, "switchboard", world.clock)


def send(
    world: World, use_case: Callable[..., Any], **event: Any
) -> tuple[int, dict[str, str], dict[str, Any]]:
    handler = endpoint(use_case, lambda names: world)
    request = {"requestContext": {"requestId": "req_1"}, "headers": {"Authorization": "Bearer ann"}, **event}
    reply = handler(request, None)
    return reply["statusCode"], reply["headers"], json.loads(reply["body"])


SHOW = partial(send, use_case=get_session, pathParameters={"sessionId": SESSION_ID})
ATTACH = json.dumps({"sessionId": SESSION_ID, "callId": "rtc_1"})


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("RequestLimitExceeded"),
        refused("InternalServerError"),
        refused(
            "TransactionCanceledException",
            CancellationReasons=[{"Code": "None"}, {"Code": "ThrottlingError"}],
        ),
        refused("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]),
        *SILENCE,
    ],
    ids=str,
)
def test_a_busy_or_silent_table_is_a_503_that_says_when_to_come_back(world: World, error: Exception) -> None:
    world.sessions = DynamoSessions(table(error, world))
    status, headers, body = SHOW(world)
    assert (status, body["error"]["code"]) == (503, "throttled")
    assert int(headers["retry-after"]) == body["error"]["retry_after"] > 0
    assert "tell" not in json.dumps(body)


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), refused("ValidationException"), *DEFECTS], ids=str
)
def test_a_refusal_that_no_wait_heals_is_our_defect_and_not_a_throttle(
    world: World, error: Exception
) -> None:
    world.sessions = DynamoSessions(table(error, world))
    status, _, body = SHOW(world)
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "tell" not in json.dumps(body)


@pytest.mark.parametrize(
    "error",
    [refused("ThrottlingException", "Encrypt"), refused("KMSInternalException", "Encrypt"), *SILENCE],
    ids=str,
)
def test_a_busy_key_service_is_a_throttle(world: World, error: Exception) -> None:
    client: Any = Failing(error)
    secrets = DynamoSecrets(table(error, world), client, "key", world.clock)
    with pytest.raises(Throttled) as caught:
        secrets.add(SESSION_ID, 1, ClientSecret("ek_1", START + timedelta(minutes=1)))
    assert caught.value.retry_after


@pytest.mark.parametrize(
    "error",
    [refused("RequestThrottled", "SendMessage"), refused("AccessDenied", "SendMessage"), *SILENCE, *DEFECTS],
    ids=str,
)
def test_a_queue_that_takes_no_hint_fails_no_request(
    world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    open_session(world)
    client: Any = Failing(error)
    world.sideband = SqsSidebandCommands(client, "https://sqs.test/queue")
    assert send(world, attach_call, body=ATTACH)[0] == 200
    assert send(world, end_session, pathParameters={"sessionId": SESSION_ID})[0] == 200
    lost = [record.__dict__ for record in caplog.records if record.message == "sideband.hint_lost"]
    assert [(hint["kind"], hint["session_id"]) for hint in lost] == [
        ("follow", SESSION_ID),
        ("end", SESSION_ID),
    ]
    assert all(hint["error"] for hint in lost)


def test_a_hint_carries_ids_and_numbers_alone(world: World) -> None:
    sent: list[dict[str, Any]] = []

    class Queue:
        def send_message(self, **request: Any) -> None:
            sent.append(request)

    open_session(world)
    client: Any = Queue()
    world.sideband = SqsSidebandCommands(client, "https://sqs.test/queue")
    send(world, attach_call, body=ATTACH)
    send(world, end_session, pathParameters={"sessionId": SESSION_ID})
    assert [json.loads(request["MessageBody"]) for request in sent] == [
        {"type": kind, "sessionId": SESSION_ID, "generation": 2} for kind in ("follow", "end")
    ]


@pytest.fixture(scope="module")
def client() -> Any:
    """A client of the workflows that never reaches anybody."""
    aws = Aws()
    aws.set_credentials("test", "test")
    return aws.create_client("stepfunctions", region_name="eu-central-1")


class Engine:
    """The workflows, and what the service answers next."""

    def __init__(self, client: Any) -> None:
        self.answers = Stubber(client)
        self.workflows = StepFunctionsWorkflows(client, RENEW, EXTRACT)

    def ends(self, **execution: Any) -> None:
        answer = {"executionArn": f"{RENEW}:x", "startDate": START, "stopDate": START, **execution}
        self.answers.add_response("start_sync_execution", answer)
        self.answers.activate()

    def refuses(self, operation: str, code: str) -> None:
        self.answers.add_client_error(operation, code, "tell nobody")
        self.answers.activate()


def test_a_renewal_that_succeeds_names_the_secret(client: Any) -> None:
    engine = Engine(client)
    engine.ends(
        status="SUCCEEDED", output=json.dumps({"secretId": "2#x", "restored": "full", "generation": 2})
    )
    with engine.answers:
        assert engine.workflows.renew(SESSION_ID) == Renewal("2#x", "full")


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        ("FAILED", "NotFound", errors.NotFound),
        ("FAILED", "SessionEnded", errors.SessionEnded),
        ("FAILED", "SessionChanged", errors.SessionChanged),
        ("FAILED", "Throttled", errors.Throttled),
        ("FAILED", "UpstreamRefused", errors.UpstreamRefused),
        ("FAILED", "UpstreamBusy", errors.UpstreamBusy),
        ("FAILED", "UpstreamUnavailable", errors.UpstreamUnavailable),
        ("FAILED", "Lambda.TooManyRequestsException", errors.Throttled),
        ("FAILED", "States.Timeout", errors.UpstreamUnavailable),
        ("TIMED_OUT", "", errors.UpstreamUnavailable),
        ("FAILED", "KeyError", errors.SwitchboardError),
        ("FAILED", "", errors.SwitchboardError),
    ],
)
def test_a_renewal_that_fails_ends_in_the_error_that_its_step_had(
    client: Any, status: str, error: str, expected: type[SwitchboardError]
) -> None:
    engine = Engine(client)
    engine.ends(status=status, error=error, cause="tell nobody")
    with engine.answers, pytest.raises(SwitchboardError) as caught:
        engine.workflows.renew(SESSION_ID)
    assert type(caught.value) is expected
    assert "tell" not in f"{caught.value.message} {caught.value.details}"


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ExecutionLimitExceeded", "ServiceUnavailable", "InternalFailure"]
)
def test_busy_workflows_are_a_throttle(client: Any, code: str) -> None:
    question = Extraction("ext_1", SESSION_ID, "user:ann", "v1", DEFAULT_SCHEMA, started_at=START)
    engine = Engine(client)
    engine.refuses("start_sync_execution", code)
    engine.refuses("start_execution", code)
    with engine.answers:
        with pytest.raises(Throttled) as renewing:
            engine.workflows.renew(SESSION_ID)
        with pytest.raises(Throttled) as extracting:
            engine.workflows.extract(question)
    assert renewing.value.retry_after
    assert extracting.value.retry_after


def test_an_execution_that_exists_is_the_one_that_was_asked_for(client: Any) -> None:
    engine = Engine(client)
    engine.refuses("start_execution", "ExecutionAlreadyExists")
    with engine.answers:
        engine.workflows.extract(Extraction("ext_1", SESSION_ID, "user:ann", "v1", {}, started_at=START))


def test_an_execution_is_named_after_question_and_attempt_and_carries_ids_alone(client: Any) -> None:
    engine = Engine(client)
    question = Extraction("ext_1", SESSION_ID, "user:ann", "v1", DEFAULT_SCHEMA, started_at=START, attempt=2)
    engine.answers.add_response(
        "start_execution",
        {"executionArn": f"{EXTRACT}:x", "startDate": START},
        {
            "stateMachineArn": EXTRACT,
            "name": "ext_1-2",
            "input": json.dumps({"extractionId": "ext_1", "sessionId": SESSION_ID}),
        },
    )
    with engine.answers:
        engine.workflows.extract(question)


@pytest.mark.parametrize("error", SILENCE, ids=str)
def test_workflows_that_do_not_answer_are_a_throttle(error: Exception) -> None:
    silent: Any = Failing(error)
    with pytest.raises(Throttled) as caught:
        StepFunctionsWorkflows(silent, RENEW, EXTRACT).renew(SESSION_ID)
    assert caught.value.retry_after


def test_workflows_that_may_not_be_started_are_a_defect(client: Any) -> None:
    engine = Engine(client)
    engine.refuses("start_sync_execution", "AccessDeniedException")
    with engine.answers, pytest.raises(ClientError):
        engine.workflows.renew(SESSION_ID)
