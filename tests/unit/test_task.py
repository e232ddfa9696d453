"""A workflow's step: takes what it names of the state, answers in JSON, fails under the error's own name."""

import logging
from typing import Any, NoReturn

import pytest
from pydantic import ValidationError
from switchboard.domain.errors import SessionEnded
from switchboard.task import task
from switchboard.usecases.load_renewal import load_renewal

from tests.unit.fakes import World
from tests.unit.given import SESSION_ID, ended_session, open_session


def run(world: World, state: dict[str, Any]) -> dict[str, Any]:
    return task(load_renewal, lambda names: world)(state, None)


def outcome(caplog: pytest.LogCaptureFixture) -> str:
    [line] = [record for record in caplog.records if record.message == "task"]
    assert line.__dict__["session_id"] == SESSION_ID
    told: str = line.__dict__["outcome"]
    return told


def test_a_step_ignores_what_earlier_steps_left_behind(world: World) -> None:
    open_session(world)
    assert run(world, {"sessionId": SESSION_ID, "other": {"a": [1]}})["sessionId"] == SESSION_ID


def test_a_step_without_its_input_fails_at_once(world: World) -> None:
    with pytest.raises(ValidationError):
        run(world, {"sessionId": "x"})


def test_the_log_tells_that_it_was_done(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    open_session(world)
    run(world, {"sessionId": SESSION_ID})
    assert outcome(caplog) == "done"


def test_an_error_of_ours_keeps_its_class_and_is_logged_by_code(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ended_session(world)
    with pytest.raises(SessionEnded):
        run(world, {"sessionId": SESSION_ID})
    assert outcome(caplog) == "session_ended"


def test_a_crash_is_not_logged_as_done(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    class Broken:
        def __getattr__(self, name: str) -> NoReturn:
            raise KeyError(name)

    handler = task(load_renewal, lambda names: Broken())
    with pytest.raises(KeyError):
        handler({"sessionId": SESSION_ID}, None)
    assert outcome(caplog) == "crashed"
