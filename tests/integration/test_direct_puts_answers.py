"""What becomes of a request without the SDK, by how the table answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from botocore.config import Config
from botocore.session import Session
from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.direct import Direct
from switchboard.stores.dynamodb.failures import ConditionFailed
from switchboard.stores.dynamodb.table import Table

Answer = tuple[int, bytes] | None
FAILED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no"}'
THROTTLED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slowly"}'
ROW = {"pk": "SESSION#1", "sk": "PAGE#1", "lease": 2, "packed": b"\x00\xff"}


class Server(ThreadingHTTPServer):
    """Answers one request after the other as told; None hangs up without a word."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.heard: list[dict[str, Any]] = []
        self.connections = 0


class Handler(BaseHTTPRequestHandler):
    """Keeps connections alive."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append({"target": self.headers["x-amz-target"], **json.loads(body)})
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer[0])
        self.send_header("content-length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def table(*answers: Answer, seconds: float = 20.0) -> Iterator[tuple[Table, Server]]:
    """A table that puts directly to a server with those answers."""
    server = Server(*answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    session = Session()
    session.set_credentials("AKIA", "secret")
    client = session.create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
        config=Config(retries={"total_max_attempts": 1}),
    )
    direct = Direct(cast(Any, client), session.get_credentials(), seconds)
    try:
        yield Table(cast(Any, direct), "a table", lambda: datetime.now(UTC)), server
    finally:
        server.shutdown()
        server.server_close()


def test_a_row_arrives_as_the_sdk_would_send_it() -> None:
    with table((200, b"{}")) as (it, server):
        it.put(ROW, "attribute_not_exists(pk) OR lease = :mine", {"mine": 2})
    (heard,) = server.heard
    assert heard["target"] == "DynamoDB_20120810.PutItem"
    assert heard["TableName"] == "a table"
    assert heard["Item"]["pk"] == {"S": "SESSION#1"}
    assert heard["Item"]["lease"] == {"N": "2"}
    assert heard["Item"]["packed"] == {"B": "AP8="}
    assert heard["ExpressionAttributeValues"] == {":mine": {"N": "2"}}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, FAILED), ConditionFailed),
        ((400, THROTTLED), Throttled),
        ((500, b"<html>"), Throttled),
        ((503, b""), Throttled),
        (None, Throttled),
    ],
)
def test_a_refusal_is_told_as_the_sdks(answer: Answer, error: type[Exception]) -> None:
    with table(answer) as (it, _), pytest.raises(error):
        it.put(ROW)


def test_puts_share_a_connection_and_survive_its_end() -> None:
    with table((200, b"{}"), (200, b"{}"), None, (200, b"{}")) as (it, server):
        it.put(ROW)
        it.put(ROW)
        assert server.connections == 1
        it.put(ROW)
        assert (server.connections, len(server.heard)) == (2, 4)


def test_a_table_that_does_not_answer_in_time_is_busy() -> None:
    asleep = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with table((200, b"{}"), seconds=0.05) as (it, _):
        client = cast(Any, it)._client
        client._url = client._url._replace(netloc=f"127.0.0.1:{asleep.server_address[1]}")
        with pytest.raises(Throttled):
            it.put(ROW)
    asleep.server_close()


def test_rows_are_read_as_the_sdk_reads_them() -> None:
    told = b'{"Item":{"pk":{"S":"a"},"sk":{"S":"b"},"packed":{"B":"AP8="},"lease":{"N":"2"}}}'
    row = {"pk": "a", "sk": "b", "packed": b"\x00\xff", "lease": 2}
    page = b'{"Items":[%s],"LastEvaluatedKey":{"pk":{"S":"a"},"sk":{"S":"b"}}}' % told[8:-1]
    with table((200, told), (200, b"{}"), (200, page), (200, b'{"Items":[],"Count":0}')) as (it, server):
        assert it.get("a", "b") == row
        assert it.get("a", "c") is None
        assert list(it.query("a")) == [row]
    assert [each["target"].rpartition(".")[2] for each in server.heard] == ["GetItem"] * 2 + ["Query"] * 2
    assert server.heard[3]["ExclusiveStartKey"] == {"pk": {"S": "a"}, "sk": {"S": "b"}}
    assert server.connections == 1


def test_an_update_is_refused_as_the_sdks() -> None:
    with table((200, b"{}"), (400, FAILED)) as (it, server):
        it.update("a", "b", {"lease": 3, "host": None}, "lease = :mine", {"mine": 2})
        with pytest.raises(ConditionFailed):
            it.update("a", "b", {"lease": 4}, "lease = :mine", {"mine": 2})
    assert server.heard[0]["UpdateExpression"] == "SET #lease = :new_lease REMOVE #host"


def test_everything_else_is_the_clients() -> None:
    with table((200, b"{}")) as (it, server):
        it.delete("a", "b")
    assert server.heard[0]["target"] == "DynamoDB_20120810.DeleteItem"
