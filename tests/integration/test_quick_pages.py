"""What becomes of a page that is written on the event loop, by how the table answers."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from zlib import decompress

import pytest
from botocore.session import Session
from sideband.deps import Shared
from sideband.quick import QuickPages
from switchboard.domain.call import Lease
from switchboard.domain.errors import Throttled
from switchboard.stores.dynamodb.direct import Direct
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts

from tests.integration.sideband_rig import Rig

LEASE = Lease("sess_1", 2, "rtc_1", "host_a", 3)
ENTRIES = [{"id": "item_1", "text": "größer"}]
FAILED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'
THROTTLED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}'
HEAD = "HTTP/1.1 {} OK\r\nContent-Length: {}\r\n\r\n"


class Far:
    """A table that answers as told: None hangs up, an empty answer never comes."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | str | None] = []
        self.heard: list[dict[str, Any]] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            except asyncio.IncompleteReadError:
                break
            length = int(head.partition("content-length:")[2].partition("\r")[0])
            self.heard.append(json.loads(await reader.readexactly(length)))
            answer = self.answers.pop(0)
            if answer is None:
                break
            if isinstance(answer, str):
                continue
            status, body = answer
            said = HEAD.format(status, len(body)).encode() + body
            for piece in (said[:20], said[20:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()


@asynccontextmanager
async def table(seconds: float = 20.0) -> AsyncIterator[tuple[QuickPages, Far]]:
    far = Far()
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    session = Session()
    session.set_credentials("AKIA", "secret")
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = session.create_client("dynamodb", region_name="us-east-1", endpoint_url=url)
    direct = Direct(cast(Any, client), session.get_credentials(), seconds)
    pages = DynamoTranscripts(Table(cast(Any, direct), "a table", lambda: datetime.now(UTC)), 60, now)
    yield QuickPages(pages, direct, seconds), far
    server.close()


def now() -> datetime:
    return datetime.now(UTC)


def entries_of(row: dict[str, Any]) -> Any:
    return json.loads(decompress(b64decode(row["packed"]["B"])) if "packed" in row else row["entries"]["S"])


async def test_a_page_arrives_as_the_store_would_write_it() -> None:
    async with table() as (quick, far):
        far.answers = [(200, b"{}"), (200, b"{}")]
        assert await quick.write(LEASE, 4, 5, ENTRIES)
        assert await quick.write(LEASE, 4, 6, [{"id": "item_1", "text": "long " * 400}])
    first, second = far.heard
    assert first["TableName"] == "a table"
    assert first["Item"]["sk"] == {"S": "PAGE#00000002#000004"}
    assert first["ExpressionAttributeValues"] == {":mine": {"N": "3"}, ":revision": {"N": "5"}}
    assert entries_of(first["Item"]) == ENTRIES
    assert entries_of(second["Item"])[0]["text"] == "long " * 400
    assert far.connections == 1


async def test_writes_at_once_have_connections_of_their_own() -> None:
    async with table() as (quick, far):
        far.answers = [(200, b"{}")] * 3
        assert all(await asyncio.gather(*(quick.write(LEASE, 1, each, ENTRIES) for each in range(3))))
        assert far.connections == 3


async def test_a_busy_table_is_told_as_such() -> None:
    async with table() as (quick, far):
        far.answers = [(400, THROTTLED), (503, b"")]
        for _ in range(2):
            with pytest.raises(Throttled):
                await quick.write(LEASE, 1, 1, ENTRIES)


@pytest.mark.parametrize("answer", [(400, FAILED), None, "nothing"])
async def test_what_only_the_store_can_tell_is_left_to_it(answer: Any) -> None:
    async with table(seconds=0.2) as (quick, far):
        far.answers = [answer, (200, b"{}")]
        assert not await quick.write(LEASE, 1, 1, ENTRIES)
        assert await quick.write(LEASE, 1, 2, ENTRIES)


async def test_a_connection_that_has_ended_meanwhile_costs_nothing_but_a_new_one() -> None:
    async with table() as (quick, far):
        far.answers = [(200, b"{}"), None, (200, b"{}")]
        assert await quick.write(LEASE, 1, 1, ENTRIES)
        assert not await quick.write(LEASE, 1, 2, ENTRIES)
        assert await quick.write(LEASE, 1, 2, ENTRIES)


async def test_connections_that_have_died_in_silence_cost_one_patience_and_not_one_each() -> None:
    async with table(seconds=0.2) as (quick, far):
        far.answers = [*[(200, b"{}")] * 3, "nothing", (200, b"{}")]
        assert all(await asyncio.gather(*(quick.write(LEASE, 1, each, ENTRIES) for each in range(3))))
        assert not await quick.write(LEASE, 1, 4, ENTRIES)
        assert await quick.write(LEASE, 1, 4, ENTRIES)
        assert far.connections == 4


async def test_an_answer_to_a_write_that_was_given_up_is_nobody_elses() -> None:
    async with table() as (quick, far):
        far.answers = ["nothing", (400, THROTTLED)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await quick.write(LEASE, 1, 1, ENTRIES)
        with pytest.raises(Throttled):
            await quick.write(LEASE, 1, 2, ENTRIES)
        assert far.connections == 2


async def test_a_table_that_nobody_answers_for_is_left_to_the_store() -> None:
    async with table() as (quick, _):
        pass
    assert not await quick.write(LEASE, 1, 1, ENTRIES)


async def test_credentials_that_must_be_renewed_are_not_waited_for() -> None:
    async with table() as (quick, far):
        credentials = cast(Any, quick)._direct._credentials
        credentials.refresh_needed = lambda: True
        assert not await quick.write(LEASE, 1, 1, ENTRIES)
        assert far.heard == []


class Reluctant:
    """A quick way that is none."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes
        self.asked = 0

    async def write(self, *_: Any) -> bool:
        self.asked += 1
        return self.writes


@pytest.mark.parametrize("writes", [True, False])
async def test_a_page_is_stored_once_by_one_way_or_the_other(writes: bool) -> None:
    rig = Rig(cast(Any, None), cast(Any, None))
    quick = Reluctant(writes=writes)
    stored: list[Any] = []
    deps = cast(
        Any, type("Deps", (), {"quick": quick, "transcripts": rig.stores.transcripts, "stage": "dev"})
    )
    deps.transcripts.write = lambda *page: stored.append(page)
    shared = Shared(deps, "host_a")
    await shared.write(LEASE, 1, 1, ENTRIES)
    shared.close()
    assert (quick.asked, len(stored)) == (1, 0 if writes else 1)
