"""Showing a session: the whole record, its calls, and never a secret."""

import pytest
from switchboard.domain.errors import NotFound
from switchboard.usecases.get_session import GetSession, get_session

from tests.unit.fakes import START, World
from tests.unit.given import ANN, BOB, NOBODYS_ID, SESSION_ID, attached, open_session

REQUEST = GetSession.model_validate({"sessionId": SESSION_ID})


def test_the_record_and_its_calls_are_shown(world: World) -> None:
    attached(world, attached(world, open_session(world), "rtc_1"), "rtc_2")
    lease = world.calls.claim(world.calls.list(SESSION_ID)[0], "host_1")
    world.calls.close(lease, "replaced", START)
    answer = get_session(REQUEST, ANN, world)
    assert (answer.status, answer.call_id, answer.generation) == ("open", "rtc_2", 3)
    assert [(call.call_id, call.status, call.reason) for call in answer.calls] == [
        ("rtc_1", "closed", "replaced"),
        ("rtc_2", "pending", None),
    ]


def test_usage_is_shown_with_what_it_costs(world: World) -> None:
    attached(world, attached(world, open_session(world), "rtc_1"), "rtc_2")
    lease = world.calls.claim(world.calls.list(SESSION_ID)[0], "host_1")
    world.calls.meter(lease, {"response": {"output_audio": 1000.0}})
    answer = get_session(REQUEST, ANN, world)
    assert [call.cost_usd for call in answer.calls] == [0.064, None]
    assert answer.calls[0].usage == {"response": {"output_audio": 1000.0}}
    assert answer.cost_usd == 0.064


def test_neither_secret_nor_owner_nor_host_is_shown(world: World) -> None:
    attached(world, open_session(world), "rtc_1")
    world.calls.claim(world.calls.list(SESSION_ID)[0], "host_1")
    shown = get_session(REQUEST, ANN, world).model_dump_json(by_alias=True)
    for hidden in ("ek_", "secret", ANN.owner, "host_1"):
        assert hidden not in shown


@pytest.mark.parametrize("session_id", [SESSION_ID, NOBODYS_ID])
def test_anothers_session_looks_like_no_session(world: World, session_id: str) -> None:
    open_session(world)
    with pytest.raises(NotFound) as caught:
        get_session(GetSession.model_validate({"sessionId": session_id}), BOB, world)
    assert caught.value.message == "There is no such session."
