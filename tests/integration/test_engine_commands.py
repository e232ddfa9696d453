"""What a developer types: one function by hand, all requests again, one log to read, the layer to ship."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from dev import invoke, replay
from dev.engine import child, running
from dev.engine.server import ROOT
from dev.engine.stack import LocalStack
from dev.invoke import NoSuchFunction, run, sample_event
from dev.log import MergedLog
from dev.replay_plan import Answer, Plan, Talk, filled_in
from dev.shape import differences, shape_of


def sample(name: str) -> Any:
    """Return a function's sample payload."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def merged(component: str, line: str) -> list[str]:
    """Return the lines that the log makes of one line, without their times."""
    out = io.StringIO()
    MergedLog(out).line(component, line)
    return [text.split(" ", 1)[1] for text in out.getvalue().splitlines()]


def test_a_function_runs_alone_and_prints_its_answer(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    given = (stack.engine_url, stack.physical_ids, "create_session", sample("create_session"))
    assert run(*given, MergedLog(log)) == 0
    assert json.loads(capsys.readouterr().out)["statusCode"] == 201
    assert "run " in log.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        *("get_transcript", "rotate_session", "extract_chunk", "save_profile"),
        *("load_log", "summarise_chunk", "keep_memory", "delete_memory"),
    ],
)
def test_a_sample_payload_finds_the_records_that_it_names(
    stack: LocalStack, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = sample_event(stack.engine_url, stack.physical_ids, name)
    status = run(stack.engine_url, stack.physical_ids, name, event, MergedLog(io.StringIO()))
    assert status == 0, capsys.readouterr().out


def test_a_function_that_raises_is_a_failed_run_with_its_error(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = {"sessionId": f"sess_{'9' * 32}"}
    given = (stack.engine_url, stack.physical_ids, "load_renewal", missing)
    assert run(*given, MergedLog(io.StringIO())) == 1
    assert json.loads(capsys.readouterr().out)["errorType"] == "NotFound"


def test_an_unknown_function_gets_the_list_of_those_there_are(stack: LocalStack) -> None:
    with pytest.raises(NoSuchFunction, match=r"no function sing; there are .*attach_call, .*create_session"):
        run(stack.engine_url, stack.physical_ids, "sing", {}, MergedLog(io.StringIO()))


@pytest.mark.parametrize("name", ["nope", "../x"])
def test_an_unknown_function_is_refused_before_anything_starts(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", name])
    monkeypatch.delattr(invoke, "LocalStack")
    assert invoke.main() == 1
    assert f"no function {name}; there are " in capsys.readouterr().err


def test_without_a_name_invoke_says_how_it_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke"])
    assert invoke.main() == 2
    assert "make invoke FN=create_session" in capsys.readouterr().err


def test_sixty_requests_at_once_all_get_their_session(stack: LocalStack) -> None:
    def ask(_: int) -> int:
        return httpx.post(f"{stack.api_url}/session", json={}, timeout=60).status_code

    with ThreadPoolExecutor(60) as callers:
        assert list(callers.map(ask, range(60))) == [201] * 60


def test_every_sample_request_is_answered_in_its_recorded_shape_whatever_was_invoked_before(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    sample_event(stack.engine_url, stack.physical_ids, "relay_call")
    status = replay.replay(replay.local_target(running.describe(stack)))
    assert status == 0, capsys.readouterr().out


def test_a_request_takes_what_it_needs_from_an_earlier_answer() -> None:
    talk = Talk("rtc_s", "create.clientSecret", "talk.yaml", "listen", [])
    samples, headers = {"sess_sample": "create.sessionId"}, {"x-token": "create.headers.x-token"}
    plan = Plan([], talk, "Bearer sample", "ek_sample", samples, headers)
    earlier = {"create": Answer(201, {"x-token": "t"}, {"sessionId": "sess_1"}, 0)}
    event = {"path": "/session/sess_sample/rtc_s/${create.sessionId}", "headers": {"x-token": "sample"}}
    assert filled_in(event, plan, earlier, {"rtc_s": "rtc_1"}) == {
        "path": "/session/sess_1/rtc_1/sess_1",
        "headers": {"x-token": "t"},
    }


@pytest.mark.parametrize(
    ("recorded", "seen", "told"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {}, ["a is missing"]),
        ({}, {"a": {"b": 1}}, ["a is new"]),
        ({"a": {"b": None}}, {"a": {"b": "x"}}, ["a.b was null and is string"]),
        ([], [{"a": 1}], []),
        ([{"a": 1}], [{"b": 1}], ["the answer has items of another shape"]),
        ({"a": []}, {"a": {}}, ["a was a list and is an object"]),
    ],
)
def test_a_difference_of_shape_is_told_where_it_is(recorded: Any, seen: Any, told: list[str]) -> None:
    assert list(differences(shape_of(recorded), shape_of(seen))) == told


def test_a_streaming_function_is_served_from_its_own_server(stack: LocalStack) -> None:
    opened = httpx.post(f"{stack.api_url}/agent/session")
    question = {"query": "hello", "session_id": opened.json()["session_id"]}
    asked = httpx.post(f"{stack.api_url}/agent/query", json=question, cookies=opened.cookies)
    assert asked.headers["content-type"].startswith("text/event-stream")
    assert '"type":"done"' in asked.text.splitlines()[-2]


def test_a_structured_line_reads_as_component_level_message_and_fields() -> None:
    line = json.dumps(
        {"level": "INFO", "message": "call attached", "call_id": "rtc_1", "why": "a b", "service": "x"}
    )
    assert merged("sideband-1", line) == ['sideband-1       INFO    call attached call_id=rtc_1 why="a b"']


def test_what_a_caller_has_sent_cannot_write_on_the_terminal() -> None:
    line = json.dumps({"message": "query\x1b[2J", "session_id": "a\x00\x9b31m\u202eb", "why": ["x\ny"]})
    shown = ['sideband-1       INFO    query\\x1b[2J session_id=a\\x00\\x9b31m\\u202eb why=["x\\ny"]']
    assert merged("sideband-1", line) == shown


def test_a_sentence_of_several_lines_keeps_them() -> None:
    assert merged("dev", json.dumps({"message": "it said:\n and\tso on"}))[1] == "and\tso on"


def test_an_invocation_is_shown_under_the_functions_name() -> None:
    record = json.dumps({"level": "WARNING", "message": "slow"})
    metrics = json.dumps({"_aws": {"CloudWatchMetrics": []}, "Requests": 1})
    invocation = {
        "function": "switchboard-CreateSessionFunction-0A1B2C3D4E5F6",
        "lines": [record, metrics],
        "duration_ms": 3,
        "error": False,
    }
    assert merged("engine", json.dumps({"invocation": invocation})) == ["CreateSession    WARNING slow"]


def test_a_function_that_ends_is_told_in_one_piece_whoever_ends_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = SimpleNamespace(_emit_lambda_logs=lambda *_: None)
    monkeypatch.setattr(importlib, "import_module", lambda name: service)
    pieces: list[str] = []
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=pieces.append, flush=lambda: None))
    child._print_function_logs()
    service._emit_lambda_logs({"config": {"FunctionName": "f"}}, "r", "one\ntwo", False, 3)
    [line] = pieces
    assert line.endswith("}\n")
    assert json.loads(line)["invocation"]["lines"] == ["one", "two"]


def test_a_traceback_keeps_the_level_of_its_first_line() -> None:
    shown = merged("Work", "[ERROR] Hopeless: never\rTraceback (most recent call last):\r\xa0 raise Hopeless")
    assert [line.split()[1] for line in shown] == ["ERROR", "ERROR", "ERROR"]
    assert shown[2].endswith(" \xa0 raise Hopeless")


def test_the_layer_holds_what_functions_import_and_little_else(tmp_path: Path) -> None:
    build = [sys.executable, str(ROOT / "layers/switchboard/build.py"), str(tmp_path), "--native"]
    subprocess.run([*build, "--cache", str(tmp_path / "cache")], check=True)
    built = tmp_path / "python"
    kept = {path.name for path in (built / "botocore" / "data").iterdir() if path.is_dir()}
    assert kept == {"dynamodb", "kms", "secretsmanager", "sqs", "stepfunctions"}
    assert list(built.glob("*.dist-info")) == []
    assert list((built / "switchboard" / "__pycache__").glob("__init__.*.pyc"))


def test_compiled_code_of_the_layer_is_used_whatever_happens_to_file_times(tmp_path: Path) -> None:
    build = [sys.executable, str(ROOT / "layers/switchboard/build.py"), str(tmp_path), "--native"]
    subprocess.run([*build, "--cache", str(tmp_path / "cache")], check=True)
    compiled = next((tmp_path / "python" / "switchboard" / "__pycache__").glob("__init__.*.pyc"))
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01  # a hash, and unchecked (PEP 552)
