"""Calls past a limit are really over: it is the upstream that says so, not only our table."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from sideband.deps import Allowance
from switchboard.domain import limits
from switchboard.domain.audit import Audits
from switchboard.domain.call import Call
from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.realtime import Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import Hosts
from switchboard.domain.ports.surroundings import Clock, Counts, Sleep
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.session import Session
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime
from switchboard.usecases.sweep_calls import SweepCalls, sweep_calls

from tests.integration.sideband_rig import Rig, rig, until
from tests.integration.test_sideband_follow import SCRIPTS

RELAYED = {"type": "realtime"}


async def is_over(it: Rig, call: Call) -> None:
    """Wait until the upstream has no such call any more."""
    told = await it.caller.truth(call.call_id, lambda told: bool(told["state"] == "ended"))
    assert told["end_reason"] == "hung up through the API"


async def placed(it: Rig, how: str, session_id: str = "sess_1") -> Call:
    """A call that plays a script, made by a client secret or by our own key."""
    await it.session(session_id)
    if how == "relay":
        return it.attach(session_id, await it.caller.call(session=RELAYED, script="talk"))
    secret = it.stores.secrets.list(session_id)[0].value
    return it.attach(session_id, await it.caller.call(secret, script="talk"))


@pytest.mark.parametrize("how", ["direct", "relay"])
@pytest.mark.parametrize(
    ("allowance", "reason"),
    [
        (Allowance(idle=2.0), "idle"),
        (Allowance(longest=2.0), "too_long"),
        (Allowance(budget=0.000001), "budget"),
    ],
)
async def test_a_call_past_a_limit_is_over_upstream(allowance: Allowance, reason: str, how: str) -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.overrides = {"allowance": allowance}
        it.start("host_a")
        call = await placed(it, how)
        await is_over(it, call)
        await until(lambda: it.find(call).reason == reason)


async def test_an_upstream_that_fails_to_hang_up_is_asked_until_the_call_is_over() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.overrides = {"allowance": Allowance(longest=1.0)}
        fault = {"at": "hangup", "do": "status", "status": 503, "times": 3}
        await it.caller.control("POST", "faults", fault)
        it.start("host_a")
        call = await placed(it, "direct")
        await is_over(it, call)
        await until(lambda: it.find(call).reason == "too_long")


async def test_a_call_over_the_number_at_once_is_over_upstream() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        session = await it.session("sess_1")
        secret = it.stores.secrets.list("sess_1")[0].value
        call = turn_away(it, session, await it.caller.call(secret, script="talk"))
        await is_over(it, call)
        await until(lambda: it.find(call).reason == "too_many_calls")
        assert it.items(call) == []


def turn_away(it: Rig, session: Session, call_id: str) -> Call:
    """Write the call down as one to be ended, as POST /session/call does."""
    now = datetime.now(UTC)
    changed = session.turn_away(now)
    call = Call(session.id, changed.generation, call_id, now, unwanted="too_many_calls")
    it.stores.sessions.attach(changed, call)
    it.hint("follow", session.id)
    return call


@dataclass
class Sweeper:
    """What a sweep of calls needs, over a rig's stores, five minutes later."""

    it: Rig
    told: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stores, deps = self.it.stores, self.it.deps()
        self.sessions: Sessions = stores.sessions
        self.secrets: Secrets = stores.secrets
        self.calls: Calls = stores.calls
        self.hosts: Hosts = stores.hosts
        self.transcripts: Transcripts = stores.transcripts
        self.audits: Audits = stores.audits
        self.realtime: Realtime = OpenAIRealtime(OpenAIHttp(self.it.sim.base_url, deps.api_key))
        self.clock: Clock = lambda: datetime.now(UTC) + timedelta(seconds=limits.UNFOLLOWED_SECONDS)
        self.places = Places(stores.places, {"fleet": 10}, self.clock, self.tell)
        self.metrics: Counts = self
        self.sleep: Sleep = sleep

    def tell(self, name: str, value: float, unit: str) -> None:
        self.told[name] = value


@pytest.mark.parametrize("how", ["direct", "relay"])
async def test_a_call_that_no_host_claims_is_over_upstream(how: str) -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        call = await placed(it, how)
        sweeper = Sweeper(it)
        swept = await asyncio.to_thread(sweep_calls, SweepCalls(), sweeper)
        await is_over(it, call)
        assert (swept.ended, it.find(call).reason) == (1, "never_attached")
        it.start("host_a")
        await until(lambda: len(it.stores.hosts.list()) == 1)
        assert it.find(call).status == "closed"
