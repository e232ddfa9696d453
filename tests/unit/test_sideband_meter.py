"""What one call uses, told by the upstream's events, and by whose prices it counts."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sideband import limits
from sideband.meter import Meter
from switchboard.domain.call import Lease
from switchboard.domain.price import PRICES, Totals, cost
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.recordings import received
from tests.unit.sideband_events import Event, transcribed
from tests.unit.sideband_fleet import Fleet, fleet
from tests.unit.sideband_world import World, until

MODELS = ("gpt-realtime-2.1", "gpt-live-transcribe")


def heard(*events: Event, models: tuple[str, str] = MODELS) -> Meter:
    meter = Meter(None, models, PRICES)
    for event in events:
        meter.take(event)
    return meter


def told(transcription: str | None, model: str = MODELS[0]) -> Event:
    """The upstream says by which models the call is served."""
    chosen = {"model": transcription} if transcription else None
    session = {"model": model, "audio": {"input": {"transcription": chosen}}}
    return {"type": "session.updated", "session": session}


def by_token(item_id: str, part: int = 0) -> Event:
    usage = {
        "type": "tokens",
        "total_tokens": 25,
        "input_tokens": 20,
        "input_token_details": {"text_tokens": 2, "audio_tokens": 18},
        "output_tokens": 5,
    }
    return {**transcribed(item_id, "Hello."), "content_index": part, "usage": usage}


def by_second(item_id: str, seconds: Any) -> Event:
    return {**transcribed(item_id, "Hello."), "usage": {"type": "duration", "seconds": seconds}}


def replied(response_id: str, **usage: Any) -> Event:
    return {"type": "response.done", "response": {"id": response_id, "status": "completed", "usage": usage}}


def test_every_recording_is_billed_to_the_last_token() -> None:
    models = ("gpt-realtime", "gpt-realtime-whisper")
    spoken = {"input_text": 14, "input_audio": 27, "output_text": 28, "output_audio": 136}
    expected = {
        "primary_audio_turn": {"response": spoken, "transcription": {"seconds": 3}},
        "sideband_audio_turn": {"response": {"input_text": 12, "output_text": 9, "output_audio": 61}},
        "sideband_text_turn": {"response": {"input_text": 12, "output_text": 5}},
        "primary_text_turn": {"response": {"input_text": 16, "output_text": 9, "output_audio": 15}},
        "primary_tool_round": {"response": {"input_text": 166, "cached_text": 64, "output_text": 35}},
    }
    for name, totals in expected.items():
        assert heard(*received(name), *received(name), models=models).totals == totals, name


def test_a_transcription_is_counted_by_tokens_or_by_seconds_as_it_is_billed() -> None:
    assert heard(by_second("i1", 2.5), by_second("i2", 1)).totals == {"transcription": {"seconds": 3.5}}
    tokens = {"input_text": 2, "input_audio": 18, "output_text": 5}
    assert heard(by_token("i1")).totals == {"transcription": tokens}


def test_each_part_of_an_item_is_transcribed_and_billed_for_itself() -> None:
    once, twice = heard(by_token("i1")), heard(by_token("i1"), by_token("i1", 1), by_token("i1", 1))
    assert twice.totals["transcription"]["input_audio"] == 2 * once.totals["transcription"]["input_audio"]


def test_what_a_browsers_own_choice_of_model_does_counts_apart_at_its_own_price() -> None:
    meter = heard(
        told("gpt-live-transcribe"), by_second("i1", 60), told("gpt-4o-mini-transcribe"), by_token("i2")
    )
    assert meter.totals["transcription"] == {"seconds": 60}
    assert meter.totals["transcription:gpt-4o-mini-transcribe"]["input_audio"] == 18
    assert cost(meter.totals, *MODELS, PRICES) == pytest.approx(
        0.017 + (2 * 1.25 + 18 * 3 + 5 * 5) / 1e6, abs=1e-6
    )


def test_another_name_for_the_same_price_is_no_other_source() -> None:
    meter = heard(told("gpt-live-transcribe-2026-10-01", "gpt-realtime-2.1-2026-10-01"), by_second("i1", 60))
    meter.take(told(None))
    meter.take(by_second("i2", 60))
    assert meter.totals == {"transcription": {"seconds": 120}}


def test_ever_new_models_take_no_more_room_than_some() -> None:
    meter = heard()
    for number in range(100):
        meter.take(told(f"made-up-{number}"))
        meter.take(by_second(f"i{number}", 1))
    assert len(meter.totals) <= limits.MODELS_KEPT + 1
    assert sum(counted["seconds"] for counted in meter.totals.values()) == 100


def test_a_model_without_a_price_is_no_way_around_the_budget() -> None:
    meter = heard(told("made-up", "made-up"), replied("r1", output_tokens=1_000_000), by_second("i1", 60))
    assert meter.spent >= 24


@pytest.mark.parametrize("nonsense", [-1, 1e30, 2**63, True, "5", None, [5], {}])
def test_counts_that_make_no_sense_are_not_billed(nonsense: Any) -> None:
    meter = heard(
        replied("r1", input_tokens=nonsense, output_tokens=nonsense, input_token_details=nonsense),
        by_second("i1", nonsense),
    )
    assert not any(value for counted in meter.totals.values() for value in counted.values())


class Times(MemoryCalls):
    """Notes when usage is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def meter(self, lease: Lease, usage: Totals) -> None:
        self.at.append(asyncio.get_running_loop().time())
        super().meter(lease, usage)


def test_usage_is_stored_at_odd_times_so_that_calls_that_began_together_come_in_no_wave() -> None:
    world = World()
    calls = world.keep_calls(Times())

    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        [socket] = await until(lambda: world.upstream.sockets)
        for number in range(300):
            socket.say(by_token(f"u{number}"))
            await asyncio.sleep(1)

    fleet(story, world)
    pauses = [later - earlier for earlier, later in pairwise(calls.at)]
    slack = 1.0 + 1.2 * limits.BOUNDS
    assert len(pauses) >= 300 / (1.5 * limits.METER + slack) - 1
    assert all(0.5 * limits.METER <= pause <= 1.5 * limits.METER + slack for pause in pauses)
    assert max(pauses) - min(pauses) > 0.2 * limits.METER
