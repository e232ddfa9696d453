"""Hints to the sideband hosts, by SQS."""

from __future__ import annotations

import logging
from json import dumps
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from switchboard.domain.session import Session

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)


class SqsSidebandCommands:
    """Sends ids and numbers, never secrets. A hint that cannot be sent is logged: a sweep finds the work."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def follow(self, session: Session) -> None:
        """Tell the hosts that the session's current call wants following."""
        self._send("follow", session)

    def end(self, session: Session) -> None:
        """Tell the hosts that the session is over."""
        self._send("end", session)

    def watch(self, session: Session) -> None:
        """Tell the hosts that somebody watches the session who was not there before."""
        self._send("watch", session)

    def _send(self, kind: Literal["follow", "end", "watch"], session: Session) -> None:
        body = {"type": kind, "sessionId": session.id, "generation": session.call_generation}
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=dumps(body))
        except (BotoCoreError, ClientError) as error:
            response = getattr(error, "response", None) or {}
            why = response.get("Error", {}).get("Code") or type(error).__name__
            log.warning("sideband.hint_lost", extra={"kind": kind, "session_id": session.id, "error": why})
