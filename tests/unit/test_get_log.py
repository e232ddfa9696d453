"""Looking at a log: on its way, summarised or failed, and another's is none."""

from __future__ import annotations

import pytest
from switchboard.domain.errors import NotFound
from switchboard.domain.principal import Guest, Principal
from switchboard.usecases.get_log import GetLog, LogAnswer, get_log
from switchboard.usecases.get_session import GetSession, get_session

from tests.unit.fakes import START, World
from tests.unit.given import ANN, BOB, SESSION_ID, open_session
from tests.unit.summaries import a_log, record, remember, step

FACT = "Ada lives in Lisbon."


def get(world: World, log_id: str, principal: Principal = ANN) -> LogAnswer:
    return get_log(GetLog.model_validate({"logId": log_id}), principal, world)


def test_a_log_on_its_way_says_so_and_has_nothing_yet(world: World) -> None:
    open_session(world)
    found = get(world, record(world, a_log("Hi.", sessionId=SESSION_ID)).log_id)
    assert (found.status, found.session_id, found.created_at) == ("received", SESSION_ID, START)
    assert (found.summary, found.outcome, found.analytics, found.error) == (None, None, None, None)


def test_a_summarised_log_shows_what_became_of_it(world: World) -> None:
    log, _ = remember(world, FACT)
    found = get(world, log.id)
    assert (found.status, found.outcome, found.summary) == ("summarised", "kept", FACT)
    assert (found.analytics or {})["messages"] == 1


def test_a_log_that_failed_names_the_error(world: World) -> None:
    log_id = record(world, a_log("Hi.")).log_id
    step(world, "fail_log", logId=log_id, error="UpstreamBusy")
    assert (get(world, log_id).status, get(world, log_id).error) == ("failed", "UpstreamBusy")


@pytest.mark.parametrize("other", [BOB, Guest("gst_2")])
def test_anothers_log_looks_like_none(world: World, other: Principal) -> None:
    log_id = record(world, a_log("Hi.")).log_id
    for name in (log_id, "log_" + "0" * 32):
        with pytest.raises(NotFound) as caught:
            get(world, name, other)
        assert caught.value.message == "There is no such log."


def test_a_guest_sees_its_own_log_without_words(world: World) -> None:
    guest = Guest("gst_1", network="home")
    log_id = record(world, a_log("My name is Ada."), guest).log_id
    step(world, "load_log", logId=log_id)
    assert "Ada" not in get(world, log_id, guest).model_dump_json()


def test_a_session_lists_its_logs_newest_first(world: World) -> None:
    open_session(world)
    first = record(world, a_log("Hi.", sessionId=SESSION_ID)).log_id
    world.time.sleep(60)
    second = record(world, a_log("Hi.", "Hello.", sessionId=SESSION_ID)).log_id
    record(world, a_log("Hi.", "Hello.", sessionId=SESSION_ID))
    record(world, a_log("Elsewhere."))
    record(world, a_log("A stranger's.", sessionId=SESSION_ID), BOB)
    step(world, "fail_log", logId=first, error="UpstreamBusy")
    shown = get_session(GetSession.model_validate({"sessionId": SESSION_ID}), ANN, world).logs
    assert [(log.log_id, log.status) for log in shown] == [(second, "received"), (first, "failed")]
