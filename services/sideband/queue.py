"""Commands from the queue: hints as JSON, taken by long polling, deleted once they are handled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from switchboard.domain.call import Command

from sideband import limits

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received; the receipt deletes it."""

    body: str
    receipt: str


class Queue(Protocol):
    """The queue of commands."""

    def receive(self) -> Sequence[Message]:
        """Wait up to `limits.POLL` seconds for messages and return them, if any."""

    def delete(self, message: Message) -> None:
        """Forget a handled message."""

    def give_back(self, message: Message) -> None:
        """Let another host have the message at once."""


class Malformed(Exception):
    """The message is no command of ours; left alone, it ends in the dead-letter queue."""


class SqsQueue:
    """The queue at that address."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def receive(self) -> Sequence[Message]:
        """Wait for messages and return them, if any."""
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=limits.COMMANDS, WaitTimeSeconds=limits.POLL
        )
        return [Message(each["Body"], each["ReceiptHandle"]) for each in answer.get("Messages", [])]

    def delete(self, message: Message) -> None:
        """Forget a handled message."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def give_back(self, message: Message) -> None:
        """Let another host have the message at once."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
        )


def command_of(body: str) -> Command:
    """Return the command of a message `{"type", "sessionId", "generation"}`. Raise Malformed."""
    try:
        fields = json.loads(body)
        kind, session_id, generation = fields["type"], fields["sessionId"], fields["generation"]
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed from error
    if (
        kind not in ("follow", "end", "watch")
        or not isinstance(session_id, str)
        or not isinstance(generation, int)
    ):
        raise Malformed
    return Command(kind, session_id, generation)
