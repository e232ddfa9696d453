"""A thousand creates of one codex session at once, on the table of the running system."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from secrets import token_hex
from threading import Barrier
from time import sleep

import pytest
from boto3.session import Session as Aws
from botocore.config import Config
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import CodexSessionActive
from switchboard.stores.dynamodb.chats import DynamoChats
from switchboard.stores.dynamodb.codex import DynamoCodex
from switchboard.stores.dynamodb.table import Table

from dev.engine.cloudformation import REGION
from dev.engine.stack import LocalStack
from tests.contract.chats import a_codex

CREATES, AT_ONCE = 1000, 100
POINTER = "/api/codex/sessions/current?placement=sidebar&agent_id=assistant"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def table(stack: LocalStack) -> Table:
    """The table, by a client with a connection for each of those who ask at once."""
    many = Config(max_pool_connections=AT_ONCE, retries={"mode": "standard", "total_max_attempts": 4})
    client = Aws("local", "local", region_name=REGION).client(
        "dynamodb", endpoint_url=stack.engine_url, config=many
    )
    return Table(client, stack.table_name, now)


def test_of_a_thousand_creates_at_once_exactly_one_wins(table: Table) -> None:
    codex, chats = DynamoCodex(table, now, sleep), DynamoChats(table)
    owner = f"user:{token_hex(8)}"
    gate = Barrier(AT_ONCE)

    def create(number: int) -> CodexSession | str:
        if number < AT_ONCE:
            gate.wait()
        session, chat = a_codex(owner, created_at=now())
        try:
            codex.add(session, chat)
        except CodexSessionActive as refused:
            return str((refused.details or {})["current"])
        return session

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(create, range(CREATES)))
    [winner] = [answer for answer in answers if isinstance(answer, CodexSession)]
    assert Counter(answer for answer in answers if isinstance(answer, str)) == {POINTER: CREATES - 1}
    assert codex.find_current(owner, "sidebar", "assistant") == winner
    assert [chat.id for chat in chats.list(owner).items] == [winner.chat_id]


def test_whoever_closes_makes_room_for_exactly_one_of_a_crowd(table: Table) -> None:
    codex = DynamoCodex(table, now, sleep)
    owner = f"user:{token_hex(8)}"
    first, chat = a_codex(owner, created_at=now())
    codex.add(first, chat)
    codex.close(first.close(now()))

    def create(_: int) -> bool:
        try:
            codex.add(*a_codex(owner, created_at=now()))
        except CodexSessionActive:
            return False
        return True

    with ThreadPoolExecutor(20) as crowd:
        assert sum(crowd.map(create, range(20))) == 1
