"""Calls that are swept, for tests of what becomes of them."""

from __future__ import annotations

from switchboard.domain import limits
from switchboard.domain.call import Call
from switchboard.usecases.attach_call import AttachCall, attach_call
from switchboard.usecases.sweep_calls import CallsSwept, SweepCalls, sweep_calls

from tests.unit.fakes import World
from tests.unit.given import ANN, SESSION_ID

PATIENCE = limits.UNFOLLOWED_SECONDS


def sweep(world: World) -> CallsSwept:
    return sweep_calls(SweepCalls(), world)


def attach(world: World, call_id: str = "rtc_1") -> Call:
    attach_call(AttachCall.model_validate({"sessionId": SESSION_ID, "callId": call_id}), ANN, world)
    return call(world)


def call(world: World) -> Call:
    return world.calls.list(SESSION_ID)[-1]


def held(world: World) -> int:
    """How many places the calls hold, of everybody's pool."""
    used = world.places.used()
    assert used is not None
    return round(used * limits.CALLS_FLEET / 100)
