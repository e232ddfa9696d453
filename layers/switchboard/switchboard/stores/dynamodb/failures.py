"""What a refused request of the table means: the SDK's errors in our words."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from switchboard.domain.errors import SwitchboardError, Throttled

SILENT = (ConnectionError, HTTPClientError)
"""The SDK's errors when nobody answered; its others, such as missing credentials, are defects of ours."""
BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "TransactionConflict",
        "TransactionConflictException",
        "InternalServerError",
        "ServiceUnavailable",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
"""Codes that a repeat may heal: throttles, and transactions that met another."""


class ConditionFailed(SwitchboardError):
    """A write's condition did not hold. `failed` has one entry for each write of a transaction."""

    def __init__(self, failed: Sequence[bool] = (True,)) -> None:
        super().__init__("a condition did not hold")
        self.failed = tuple(failed)


def translate(error: ClientError) -> Exception:
    """Return our error for the SDK's: told apart by code, never by message."""
    code = error.response["Error"]["Code"]
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed()
    if "ConditionalCheckFailed" in reasons:
        return ConditionFailed([reason == "ConditionalCheckFailed" for reason in reasons])
    if code in BUSY or BUSY.intersection(reasons):
        return Throttled("The table is busy.", retry_after=1)
    return error
