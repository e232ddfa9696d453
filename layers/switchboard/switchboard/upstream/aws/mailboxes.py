"""Mailboxes as SQS queues: made for one viewer, named by when, gone when the viewer is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from re import match
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from switchboard.domain import live_limits as limits
from switchboard.domain.errors import NotFound, Throttled
from switchboard.domain.ports.surroundings import Clock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

GONE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
"""How SQS says that there is no such queue, in its two protocols."""
BUSY = frozenset(
    {
        "RequestThrottled",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "KmsThrottled",
        "InternalError",
        "InternalFailure",
        "ServiceUnavailable",
    }
)
"""Codes that a repeat may heal."""
LISTED = 1000
"""Queues in one answer: SQS's own maximum."""
MESSAGES = 10
"""Messages in one answer: SQS's own maximum."""


class SqsMailboxes:
    """Queues whose names begin with `prefix` and the second in which they were made."""

    def __init__(self, client: SQSClient, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock

    def open(self) -> str:
        """Make a mailbox and return its address."""
        name = f"{self._prefix}{int(self._clock().timestamp())}-{token_hex(12)}"
        seconds = str(limits.MAILBOX_SECONDS)
        # A message that was handed out is never handed out again: it is forgotten before it would show.
        attributes = {
            "MessageRetentionPeriod": seconds,
            "VisibilityTimeout": str(2 * limits.MAILBOX_SECONDS),
            "SqsManagedSseEnabled": "true",
        }
        answer = self._ask("create_queue", QueueName=name, Attributes=attributes)
        return str(answer["QueueUrl"])

    def send(self, address: str, text: str) -> None:
        """Put a message there. Raise NotFound if the mailbox is gone."""
        self._ask("send_message", QueueUrl=address, MessageBody=text)

    def receive(self, address: str, seconds: int) -> tuple[str, ...]:
        """Wait so long for messages, and return those that came. Raise NotFound if the mailbox is gone."""
        answer = self._ask(
            "receive_message", QueueUrl=address, MaxNumberOfMessages=MESSAGES, WaitTimeSeconds=seconds
        )
        return tuple(message["Body"] for message in answer.get("Messages", []))

    def close(self, address: str) -> None:
        """Remove the mailbox with what is in it; a missing one is fine."""
        try:
            self._ask("delete_queue", QueueUrl=address)
        except NotFound:
            return

    def sweep(self, before: datetime) -> int:
        """Remove mailboxes opened before that time; return how many."""
        old = [url for url in self._listed() if self._is_older(url, before)]
        for url in old:
            self.close(url)
        return len(old)

    def _listed(self) -> Iterator[str]:
        after: dict[str, str] = {}
        while True:
            answer = self._ask("list_queues", QueueNamePrefix=self._prefix, MaxResults=LISTED, **after)
            yield from answer.get("QueueUrls", [])
            if "NextToken" not in answer:
                return
            after = {"NextToken": answer["NextToken"]}

    def _is_older(self, url: str, before: datetime) -> bool:
        opened = match(r"(\d+)-", url.rpartition("/")[2].removeprefix(self._prefix))
        return opened is not None and int(opened[1]) < before.timestamp()

    def _ask(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._client, operation)(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise NotFound("There is no such mailbox.") from error
            if error.response["Error"]["Code"] in BUSY:
                raise Throttled("The queues are busy.", retry_after=1) from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise Throttled("The queues did not answer in time.", retry_after=1) from error
