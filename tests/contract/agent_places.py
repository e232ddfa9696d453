"""Places to keep the agent's sessions: memory, Redis and DynamoDB, each with a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any

import boto3
import pytest
from fakeredis import FakeAsyncRedis, FakeRedis, FakeServer
from moto import mock_aws
from redis import Redis
from switchboard.agent import SessionStore, Turn
from switchboard.agent.stores.backend import Backend
from switchboard.agent.stores.dynamodb import DynamoBackend
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.stores.redis import RedisBackend
from switchboard.stores.dynamodb.table import Table

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NUMBERS = count(1)


@dataclass
class Place:
    """A place to keep sessions, its clock, and a look at what it really holds."""

    backend: Backend
    raw: Callable[[], Any]
    now: datetime = START
    made: int = field(default=0)

    def clock(self) -> datetime:
        return self.now

    def store(self, **options: Any) -> SessionStore:
        return SessionStore(self.backend, clock=self.clock, **options)

    def turn(self, query: str = "a question", answer: str = "an answer", **facts: Any) -> Turn:
        self.made += 1
        at = self.now + timedelta(milliseconds=self.made)
        return Turn(f"turn_{self.made:04d}", query, answer, f"about {query}", at, **facts)


def memory(_: Any) -> Place:
    found = Place(None, lambda: vars(found.backend))  # type: ignore[arg-type]  # set in the next line
    found.backend = MemoryBackend(found.clock)
    return found


def redis(_: Any) -> Place:
    """A pretended Redis, or the one that REDIS_URL names, which is emptied."""
    url = os.environ.get("REDIS_URL")
    server = FakeServer()
    look = Redis.from_url(url) if url else FakeRedis(server=server)
    look.flushdb()
    place = Place(None, lambda: [_held(look, key) for key in look.keys("*")])  # type: ignore[arg-type]  # set in the next line
    if url:
        place.backend = RedisBackend.at(url, place.clock)
    else:
        place.backend = RedisBackend(lambda: FakeAsyncRedis(server=server), place.clock)
    return place


def _held(look: Any, key: bytes) -> Any:
    kind = look.type(key).decode()
    reads = {"hash": "hgetall", "list": "lrange", "zset": "zrange", "string": "get"}
    return getattr(look, reads[kind])(key, *((0, -1) if kind in ("list", "zset") else ()))


class OneAtATime:
    """A client whose calls wait for each other: the pretended DynamoDB is not safe for threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**request)

        return call


@pytest.fixture(scope="module")
def pretended_dynamodb() -> Iterator[Any]:
    """One pretended DynamoDB for all tests here: making it takes longer than using it."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        yield OneAtATime(boto3.client("dynamodb", region_name="us-east-1"))


def dynamodb(client: Any) -> Place:
    name = f"switchboard-{next(NUMBERS)}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    place = Place(None, lambda: client.scan(TableName=name)["Items"])  # type: ignore[arg-type]  # set in the next line
    place.backend = DynamoBackend(Table(client, name, place.clock))
    return place


@pytest.fixture(params=[memory, redis, dynamodb], ids=lambda make: make.__name__)
def place(request: pytest.FixtureRequest, pretended_dynamodb: Any) -> Place:
    return request.param(pretended_dynamodb)  # type: ignore[no-any-return]  # one of the three above
