"""The workflows, by Step Functions."""

from __future__ import annotations

from json import dumps, loads
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from switchboard.domain import errors
from switchboard.domain.errors import SwitchboardError, Throttled, UpstreamUnavailable
from switchboard.domain.extraction import Extraction
from switchboard.domain.ports.workflows import Renewal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from switchboard.domain.log import Log

MEANT: dict[str, SwitchboardError] = {
    "NotFound": errors.NotFound("There is no such session."),
    "SessionEnded": errors.SessionEnded("The session has ended. Create a new one."),
    "SessionWornOut": errors.SessionWornOut(
        "The session has had all its calls and secrets. Create a new one."
    ),
    "SessionChanged": errors.SessionChanged(
        "The session changed during its renewal. Repeat the request.", retry_after=1
    ),
    "Throttled": errors.Throttled("The table is busy.", retry_after=1),
    "UpstreamRefused": errors.UpstreamRefused("OpenAI refused the request."),
    "UpstreamBusy": errors.UpstreamBusy("OpenAI asks for fewer requests.", retry_after=2),
    "UpstreamUnavailable": errors.UpstreamUnavailable("OpenAI could not be reached in time."),
}
"""What an execution's error means to the caller; workflows keep the class name of what a task raised."""
TOO_MANY = frozenset({"Lambda.TooManyRequestsException"})
SILENT = (ConnectionError, HTTPClientError)
BUSY = ("Throttl", "LimitExceeded", "Unavailable", "InternalFailure", "InternalServer")
"""What is part of the service's codes that a repeat may heal."""


class StepFunctionsWorkflows:
    """Starts executions; what passes through them are ids and numbers."""

    def __init__(self, client: SFNClient, renew_arn: str, extract_arn: str, summarise_arn: str = "") -> None:
        self._client = client
        self._renew_arn = renew_arn
        self._extract_arn = extract_arn
        self._summarise_arn = summarise_arn

    def renew(self, session_id: str) -> Renewal:
        """Run the renewal to its end. Raise whatever error of the domain it ended with."""
        try:
            execution = self._client.start_sync_execution(
                stateMachineArn=self._renew_arn, input=dumps({"sessionId": session_id})
            )
        except ClientError as error:
            raise _busy(error) from error
        except SILENT as error:
            raise Throttled("The workflows did not answer in time.", retry_after=1) from error
        if execution["status"] != "SUCCEEDED":
            raise _meaning(execution.get("error", ""), execution["status"])
        output = loads(execution["output"])
        return Renewal(output["secretId"], output["restored"])

    def extract(self, extraction: Extraction) -> None:
        """Start the extraction; the same attempt again is one execution."""
        names = {"extractionId": extraction.id, "sessionId": extraction.session_id}
        self._start(self._extract_arn, extraction.execution_name, names)

    def summarise(self, log: Log) -> None:
        """Start the summary of a log; the same log again is one execution."""
        self._start(self._summarise_arn, log.id, {"logId": log.id})

    def _start(self, arn: str, name: str, names: dict[str, str]) -> None:
        try:
            self._client.start_execution(stateMachineArn=arn, name=name, input=dumps(names))
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except ClientError as error:
            raise _busy(error) from error
        except SILENT as error:
            raise Throttled("The workflows did not answer in time.", retry_after=1) from error


def _meaning(name: str, status: str) -> SwitchboardError:
    meant = MEANT.get(name)
    if meant:
        return type(meant)(meant.message, retry_after=meant.retry_after)
    if name in TOO_MANY:
        return Throttled("The workflow's functions are busy.", retry_after=1)
    if name == "States.Timeout" or status == "TIMED_OUT":
        return UpstreamUnavailable("The renewal took too long.", retry_after=1)
    return SwitchboardError("The renewal failed.")


def _busy(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if any(word in code for word in BUSY):
        return Throttled("The workflows are busy.", retry_after=1)
    return error
