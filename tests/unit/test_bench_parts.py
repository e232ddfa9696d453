"""The benchmarks measure what they say: their upstream's words, their table's answers, what writes take."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sideband.conversation import IGNORED
from switchboard.domain.call import PENDING_SHARDS
from switchboard.domain.transcript import Transcript, fold, settled
from switchboard.stores.dynamodb.calls import DynamoCalls
from switchboard.stores.dynamodb.hosts import DynamoHosts
from switchboard.stores.dynamodb.sessions import DynamoSessions
from switchboard.stores.dynamodb.table import Table

from bench import script, writes
from bench.far_rows import PAGE_ROWS, FarRows
from bench.figures import verdict
from bench.leaping import in_leaps


def now() -> datetime:
    return datetime.now(UTC)


class Client:
    """The table of the full host's benchmark, without its process."""

    def __init__(self, rows: FarRows) -> None:
        self._rows = rows

    def __getattr__(self, operation: str) -> Any:
        return lambda **request: self._rows.answer(operation.replace("_", ""), request)


def table(calls: int) -> Table:
    return Table(cast(Any, Client(FarRows(calls))), "bench", now)


def test_a_host_finds_its_calls_in_the_table_and_holds_them_once_claimed() -> None:
    rows = table(20)
    calls, sessions = DynamoCalls(rows), DynamoSessions(rows)
    waiting = calls.list_pending(PENDING_SHARDS * 20)
    assert {call.call_id for call in waiting} == {f"rtc_{number}" for number in range(20)}
    leases = [calls.claim(call, "host_a") for call in waiting[:5]]
    assert len(calls.list_pending(PENDING_SHARDS * 20)) == 15
    held = calls.list_of_host("host_a", 100)
    assert [call.session_id for call in held] == [lease.session_id for lease in leases]
    assert {(call.status, call.host, call.lease) for call in held} == {("followed", "host_a", 1)}
    session = sessions.load(held[0].session_id)
    assert (session.call_id, session.call_generation) == (held[0].call_id, held[0].generation)


def test_a_hosts_many_calls_come_page_by_page() -> None:
    rows = table(2 * PAGE_ROWS + 1)
    calls = DynamoCalls(rows)
    for call in calls.list_pending(PENDING_SHARDS * 3 * PAGE_ROWS):
        calls.claim(call, "host_a")
    held = calls.list_of_host("host_a", 10 * PAGE_ROWS)
    assert len({call.session_id for call in held}) == len(held) == 2 * PAGE_ROWS + 1


def test_the_table_knows_the_heartbeats() -> None:
    hosts = DynamoHosts(table(1), now)
    hosts.beat("host_a", 7, 3)
    assert [(beat.host, beat.beat) for beat in hosts.list()] == [("host_a", 7)]


def test_a_conversation_of_the_benchmark_is_one_that_settles_whole() -> None:
    frames = script.conversation(8)
    transcript = Transcript()
    for frame in frames:
        transcript = fold(transcript, json.loads(frame))
    assert len(transcript.items) == script.items(frames)
    assert all(map(settled, transcript.items.values()))


def test_the_pieces_of_audio_are_such_as_the_sideband_ignores() -> None:
    frames = script.conversation(1)
    audible = script.audible(frames, 100)
    audio = [frame for frame in audible if frame not in frames]
    assert len(audible) == len(frames) + 100
    assert all(frame.encode().startswith(IGNORED) for frame in audio)
    assert audible[-1] == frames[-1]


@pytest.mark.parametrize("talk", writes.TALKS, ids=lambda talk: talk.name)
def test_a_finished_item_takes_no_more_write_units_than_it_may(talk: writes.Talk) -> None:
    meter, _ = in_leaps(writes.hold(talk))
    said = script.items(script.conversation(talk.turns, talk.stretch))
    assert meter.units / said <= writes.AIM
    assert writes.kept(meter) == said


def test_a_figure_beyond_its_aim_is_said_to_be() -> None:
    assert (verdict(1.2, 1.3), verdict(1.4, 1.3)) == ("1.20 of 1.30 ok", "1.40 of 1.30 OVER")
