"""A reservation that meets another's transaction: who finds the place taken is told so, others try again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest
from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import CodexSessionActive, Throttled
from switchboard.stores.dynamodb.codex import DynamoCodex
from switchboard.stores.dynamodb.table import Table
from switchboard.usecases.create_codex_session import CreateCodexSession, create_codex_session

from tests.unit.chat_world import ANN, ChatWorld


class CrowdedTable:
    """A table whose first transactions all meet another's; `meanwhile` is what that one does."""

    def __init__(self, meetings: int, meanwhile: Callable[[CrowdedTable], None] = lambda table: None) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.meetings = meetings
        self._meanwhile = meanwhile

    def transact(self, puts: Any) -> None:
        if self.meetings:
            self.meetings -= 1
            self._meanwhile(self)
            raise Throttled("The table is busy.", retry_after=1)
        self.store(puts)

    def store(self, puts: Any) -> None:
        for row, _, _ in puts:
            self.rows[row["pk"], row["sk"]] = {
                name: value for name, value in row.items() if value is not None
            }

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        return self.rows.get((pk, sk))


@pytest.fixture
def pair() -> tuple[CodexSession, ChatSession]:
    """A codex session and its chat session."""
    world = ChatWorld()
    request = CreateCodexSession(placement="sidebar", agent_id="assistant")
    created = create_codex_session(request, ANN, world)
    return world.codex.get(created.session_id, ANN.owner), world.only_chat()


def add(table: CrowdedTable, pair: tuple[CodexSession, ChatSession]) -> list[float]:
    """Add the pair; return the pauses."""
    pauses: list[float] = []
    DynamoCodex(cast("Table", table), ChatWorld().clock, pauses.append).add(*pair)
    return pauses


def test_whoever_meets_another_and_finds_nobody_tries_again(pair: tuple[CodexSession, ChatSession]) -> None:
    table = CrowdedTable(meetings=limits.RESERVE_TRIES - 1)
    pauses = add(table, pair)
    assert len(table.rows) == 3
    assert len(pauses) == limits.RESERVE_TRIES - 1
    assert all(later > earlier / 2 for earlier, later in pairwise(pauses))


def test_whoever_meets_another_that_has_got_in_is_sent_there(pair: tuple[CodexSession, ChatSession]) -> None:
    def get_in(table: CrowdedTable) -> None:
        table.meetings = 0
        add(table, pair)

    with pytest.raises(CodexSessionActive):
        add(CrowdedTable(1, get_in), pair)


def test_a_table_that_stays_busy_is_told_as_such(pair: tuple[CodexSession, ChatSession]) -> None:
    table = CrowdedTable(meetings=limits.RESERVE_TRIES)
    with pytest.raises(Throttled) as busy:
        add(table, pair)
    assert busy.value.retry_after == limits.BUSY_RETRY_AFTER
    assert table.rows == {}
