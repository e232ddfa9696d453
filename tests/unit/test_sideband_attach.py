"""How the sideband finds the credential and the moment that open a call."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from sideband import limits
from sideband.attach import Attacher, CallGone, KeysRefused
from sideband.socket import Refused
from switchboard.domain.call import Call
from switchboard.domain.errors import Throttled
from switchboard.domain.secret import ClientSecret, Credential

from tests.unit.sideband_world import START, World, in_leaps, refusing

CALL = Call("sess_1", 2, "rtc_1", START)


def world(*secrets: str) -> World:
    made = World()
    for number, secret in enumerate(secrets):
        made.stores.secrets.add("sess_1", number, ClientSecret(secret, START + timedelta(hours=1)))
    return made


def tried(made: World) -> list[str]:
    return [credential for _, credential in made.upstream.tries]


def test_the_newest_secret_comes_first_and_our_own_key_last() -> None:
    made = world("ek_old", "ek_new")
    made.upstream.answer = refusing(404, until=1)

    async def story() -> None:
        await Attacher(CALL, False, made.shared()).attach(15)

    in_leaps(story())
    assert tried(made)[:3] == ["ek_new", "ek_old", "sk-ours"]


@pytest.mark.parametrize("call_knows", [True, False])
def test_our_own_key_comes_first_on_a_call_that_we_made(call_knows: bool) -> None:
    made = world("ek_new")
    call = Call("sess_1", 2, "rtc_1", START, credential="api_key" if call_knows else None)

    async def story() -> None:
        await Attacher(call, not call_knows, made.shared()).attach(15)

    in_leaps(story())
    assert tried(made) == ["sk-ours"]


def test_not_found_is_believed_after_fifteen_seconds_of_ever_rarer_tries() -> None:
    made = world("ek_new")
    made.upstream.answer = refusing(404)

    async def story() -> None:
        with pytest.raises(CallGone):
            await Attacher(CALL, False, made.shared()).attach(limits.ATTACH_PATIENCE)

    in_leaps(story())
    times = [seconds for seconds, credential in made.upstream.tries if credential == "ek_new"]
    assert times[-1] == pytest.approx(limits.ATTACH_PATIENCE, abs=0.1)
    assert times[1] <= limits.ATTACH_FIRST
    assert 10 <= len(times) <= 25
    assert max(after - before for before, after in pairwise(times)) <= 2.0


def test_a_refused_credential_gives_way_to_the_next() -> None:
    made = world("ek_expired")
    made.upstream.answer = refusing(401, only="ek_expired")

    async def story() -> Credential:
        return (await Attacher(CALL, False, made.shared()).attach(15)).credential

    assert in_leaps(story()).value == "sk-ours"


def test_only_what_worked_is_tried_again_until_it_is_refused() -> None:
    made = world("ek_a", "ek_b")
    made.upstream.answer = refusing(404, only="ek_b")

    async def story() -> None:
        attacher = Attacher(CALL, False, made.shared())
        await attacher.attach(15)
        made.upstream.tries.clear()
        made.upstream.answer = refusing(404, until=2)
        await attacher.attach(15)
        assert set(tried(made)) == {"ek_a"}
        made.upstream.answer = refusing(401, only="ek_a")
        assert (await attacher.attach(15)).credential.value == "ek_b"

    in_leaps(story())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_upstream_is_waited_out_for_as_long_as_it_lasts(status: int) -> None:
    made = world("ek_new")
    made.upstream.answer = refusing(status, until=1200)

    async def story() -> None:
        await Attacher(CALL, False, made.shared()).attach(15)

    in_leaps(story())
    assert len(made.upstream.tries) < 200
    assert made.upstream.tries[-1][0] < 1200 + limits.TROUBLE_LONGEST


def test_a_pause_that_the_upstream_asks_for_is_kept() -> None:
    made = world("ek_new")

    def busy(credential: Credential) -> None:
        if len(made.upstream.tries) == 1:
            raise Refused(429, 7.0)

    made.upstream.answer = busy

    async def story() -> None:
        await Attacher(CALL, False, made.shared()).attach(15)

    in_leaps(story())
    assert made.upstream.tries[1][0] >= 7.0


def test_when_every_key_is_refused_a_minute_goes_by_before_we_give_up() -> None:
    made = world("ek_new")
    made.upstream.answer = refusing(403)

    async def story() -> None:
        with pytest.raises(KeysRefused):
            await Attacher(CALL, False, made.shared()).attach(15)

    in_leaps(story())
    assert made.upstream.tries[-1][0] == pytest.approx(limits.REFUSED_PATIENCE, abs=0.1)


def test_without_the_key_service_our_own_key_is_tried_and_the_secrets_as_soon_as_they_can_be_read() -> None:
    made = world("ek_new")
    made.upstream.answer = refusing(404, only="sk-ours")
    list_secrets, refusals = made.stores.secrets.list, [Throttled("busy"), Throttled("busy")]

    class Refusing(type(made.stores.secrets)):  # type: ignore[misc]  # its class is known at run time only
        def list(self, session_id: str) -> tuple[ClientSecret, ...]:
            if refusals:
                raise refusals.pop()
            return list_secrets(session_id)

    made.stores.secrets = Refusing(lambda: START)

    async def story() -> Credential:
        return (await Attacher(CALL, False, made.shared()).attach(15)).credential

    assert in_leaps(story()).value == "ek_new"
    assert tried(made) == ["sk-ours", "sk-ours", "ek_new"]
