"""The small parts of the sideband host: watch, backoff, metrics, log, commands."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sideband import limits, log
from sideband.backoff import Backoff
from sideband.metrics import Metrics
from sideband.queue import Malformed, command_of
from sideband.turns import Turns
from sideband.watch import Watch
from switchboard.domain.call import Call, Command, HostBeat


def see(watch: Watch, seconds: list[float], beat: int = 7) -> None:
    for now in seconds:
        watch.look([HostBeat("host_b", beat), HostBeat("host_a", 1)], now)


def test_a_host_whose_heartbeat_stands_still_is_dead() -> None:
    watch = Watch("host_a")
    see(watch, [0, 1, 2, 3, 4])
    assert watch.is_alive("host_b")
    see(watch, [5, 6])
    assert watch.dead() == ("host_b",)


def test_one_heartbeat_brings_a_host_back_to_life() -> None:
    watch = Watch("host_a")
    see(watch, [0, 2, 4, 6, 8])
    see(watch, [9], beat=8)
    assert watch.dead() == ()


def test_a_host_never_judges_itself() -> None:
    watch = Watch("host_a")
    see(watch, list(range(60)))
    assert not watch.knows("host_a")
    assert watch.dead() == ("host_b",)


def test_who_slept_for_an_hour_does_not_find_everybody_dead() -> None:
    watch = Watch("host_a")
    see(watch, [0, 3600])
    assert watch.is_alive("host_b")


def test_a_host_that_is_not_listed_is_not_alive() -> None:
    assert not Watch("host_a").is_alive("host_b")


def test_a_dead_host_is_remembered_until_its_last_claim_must_have_shown() -> None:
    watch = Watch("host_a")
    see(watch, list(range(10)))
    assert not watch.is_long_dead("host_b")
    see(watch, list(range(10, 20)))
    assert watch.is_long_dead("host_b")


def calls(number: int) -> list[Call]:
    return [Call(f"sess_{each}", 2, f"rtc_{each}", datetime.now(UTC)) for each in range(number)]


def test_hosts_divide_calls_among_them_without_a_word() -> None:
    hosts, waiting = {f"host_{letter}" for letter in "abcd"}, calls(400)
    taken = [Turns(host).take(waiting, hosts - {host}, 0.0) for host in hosts]
    assert sorted(call.call_id for share in taken for call in share) == sorted(c.call_id for c in waiting)
    assert all(70 <= len(share) <= 130 for share in taken)


def test_a_call_that_nobody_came_for_is_taken_out_of_turn() -> None:
    turns, waiting = Turns("host_a"), calls(50)
    assert 0 < len(turns.take(waiting, ["host_b"], 0.0)) < 50
    assert turns.take(waiting, ["host_b"], limits.TURN) == waiting


def test_a_call_that_waits_anew_is_left_to_whose_turn_it_is_anew() -> None:
    turns, waiting = Turns("host_a"), calls(50)
    first = turns.take(waiting, ["host_b"], 0.0)
    turns.take([], ["host_b"], 1.0)
    assert turns.take(waiting, ["host_b"], 2.0) == first


def test_pauses_double_up_to_the_longest_and_start_anew() -> None:
    backoff = Backoff(0.1, 2.0, Random(1))
    pauses = [backoff.next() for _ in range(10)]
    for pause, size in zip(pauses, [0.1, 0.2, 0.4, 0.8, 1.6, 2, 2, 2, 2, 2], strict=True):
        assert size / 2 <= pause <= size
    backoff.reset()
    assert backoff.next() <= 0.1


def test_metrics_are_told_in_the_embedded_format_and_start_anew() -> None:
    metrics = Metrics("prod", items_lost=2, takeovers=1)
    for lag in [0.1] * 98 + [4.0] * 2:
        metrics.lag(lag)
    told = metrics.take("host_a", 5, 1000)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    names = {entry["Name"] for entry in directive["Metrics"]}
    assert directive["Namespace"] == "Switchboard"
    assert names <= told.keys()
    assert directive["Dimensions"] == [["service", "stage"]]
    assert (told["service"], told["stage"]) == ("sideband", "prod")
    assert (told["CallsPerHost"], told["ItemsLost"], told["LeaseTakeovers"]) == (5, 2, 1)
    assert told["TranscriptLagP99Ms"] == pytest.approx(4000, rel=0.1)
    assert metrics.take("host_a", 5, 2000)["ItemsLost"] == 0
    assert "TranscriptLagP99Ms" not in metrics.take("host_a", 5, 3000)


def test_a_log_line_names_the_event_and_where_an_error_came_from_but_never_its_message() -> None:
    def told() -> dict[str, Any]:
        try:
            raise ValueError("my secret ek_123")
        except ValueError as error:
            facts = log._told(error)
        record = logging.LogRecord("sideband", logging.WARNING, "", 0, "follow.crashed", (), None)
        record.facts = {"call_id": "rtc_1", **facts}
        line = log.JsonFormatter().format(record)
        assert "ek_123" not in line
        return dict(json.loads(line))

    line = told()
    assert (line["level"], line["service"], line["message"]) == ("WARNING", "sideband", "follow.crashed")
    assert (line["call_id"], line["error"]) == ("rtc_1", "ValueError")
    assert line["where"].startswith("test_sideband_parts.py:")


def test_what_a_library_of_ours_adds_to_its_warning_is_in_the_line() -> None:
    facts = {"status": 400, "upstream_code": "bad"}
    record = logging.makeLogRecord({"name": "switchboard.upstream", "msg": "upstream.refused", **facts})
    assert json.loads(log.JsonFormatter().format(record)).items() >= facts.items()


def test_a_command_names_its_session() -> None:
    body = '{"type":"end","sessionId":"sess_1","generation":3,"more":true}'
    assert command_of(body) == Command("end", "sess_1", 3)


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "{}", "7", '{"type":"dance","sessionId":"s","generation":1}'),
        *('{"type":"end","sessionId":7,"generation":1}', '{"type":"end","sessionId":"s","generation":"1"}'),
    ],
)
def test_anything_else_is_no_command(body: str) -> None:
    with pytest.raises(Malformed):
        command_of(body)


def test_every_limit_has_its_reason() -> None:
    lines = Path(limits.__file__).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line[:1].isupper() and " = " in line:
            assert lines[number + 1].startswith('"""'), line
