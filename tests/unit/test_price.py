"""What usage costs."""

import pytest
from switchboard.domain.price import PRICES, Totals, add, at_most, cost, price_of, prices_of
from switchboard.domain.transcript import Usage

MODELS = ("gpt-realtime-2.1", "gpt-live-transcribe")


def test_cached_input_is_part_of_the_input_and_cheaper() -> None:
    totals = add({}, Usage("response", "r1", input_audio=1_000_000, cached_audio=400_000))
    assert cost(totals, *MODELS, PRICES) == pytest.approx(0.6 * 32 + 0.4 * 0.4)


def test_transcription_is_priced_by_its_own_model_and_by_the_minute() -> None:
    totals = add(add({}, Usage("transcription", "i1", seconds=90)), Usage("response", "r1", output_text=1000))
    assert cost(totals, *MODELS, PRICES) == pytest.approx(1.5 * 0.017 + 0.024)


def test_a_dated_name_has_its_familys_prices_and_a_small_model_its_own() -> None:
    totals = add({}, Usage("response", "r1", output_audio=1_000_000))
    assert cost(totals, "gpt-realtime-2.1", "", PRICES) == 64
    assert cost(totals, "gpt-realtime-mini-2025-12-15", "", PRICES) == 20


def test_what_has_no_price_has_no_cost() -> None:
    assert cost(add({}, Usage("response", "r1", input_text=1)), "other", "", PRICES) is None
    assert cost({}, "other", "", PRICES) == 0


def test_a_kind_of_usage_that_its_model_has_no_price_for_has_no_cost() -> None:
    tokens = add({}, Usage("transcription", "i1", input_audio=500))
    minutes = add({}, Usage("transcription", "i1", seconds=60))
    assert cost(tokens, "gpt-realtime", "gpt-live-transcribe", PRICES) is None
    assert cost(minutes, "gpt-realtime", "gpt-4o-transcribe", PRICES) is None
    assert cost(minutes, "gpt-realtime", "gpt-live-transcribe", PRICES) == 0.017


def test_a_limit_counts_what_has_no_price_as_the_dearest_of_its_kind() -> None:
    million = add({}, Usage("response", "r1", output_audio=1_000_000))
    assert at_most(million, "made-up", "", PRICES) == 64
    assert at_most(million, "gpt-realtime-mini", "", PRICES) == 20
    both = add(million, Usage("transcription", "i1", input_audio=1_000_000))
    assert at_most(both, "gpt-realtime-mini", "gpt-live-transcribe", PRICES) == 20 + 32


def test_what_another_model_did_has_that_models_price() -> None:
    totals: Totals = {
        "transcription": {"seconds": 60},
        "transcription:gpt-4o-mini-transcribe": {"input_audio": 1e6},
    }
    assert cost(totals, *MODELS, PRICES) == pytest.approx(0.017 + 3)
    assert at_most(totals, *MODELS, PRICES) == pytest.approx(0.017 + 3)


@pytest.mark.parametrize(
    "model", ["gpt-live-transcribe", "gpt-transcribe", "gpt-realtime-whisper", "whisper-1"]
)
def test_what_transcribes_by_the_minute_costs_something(model: str) -> None:
    assert cost({"transcription": {"seconds": 600}}, "gpt-realtime", model, PRICES)


@pytest.mark.parametrize(
    "model", ["gpt-realtime-mini", "gpt-realtime-2.1-mini", "gpt-realtime-2.1-mini-2026-10-06"]
)
def test_no_small_model_has_the_price_of_a_large_one(model: str) -> None:
    assert price_of(model, PRICES) == price_of("gpt-realtime-mini", PRICES)


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-realtime-2.1", "gpt-realtime-mini"])
def test_every_kind_of_usage_of_a_response_has_its_price(model: str) -> None:
    totals = add(
        {}, Usage("response", "r", 9_000_000, 8_000_000, 7_000_000, 6_000_000, 5_000_000, 4_000_000, 3, 2)
    )
    price = PRICES[model]
    fresh = sum(3 * price[kind] for kind in ("input_text", "input_audio", "input_image"))
    cached = 6 * price["cached_text"] + 5 * price["cached_audio"] + 4 * price["cached_image"]
    made = (3 * price["output_text"] + 2 * price["output_audio"]) / 1e6
    assert cost(totals, model, "", PRICES) == pytest.approx(fresh + cached + made, abs=1e-6)


def test_configured_prices_replace_a_models_own() -> None:
    prices = prices_of('{"gpt-realtime": {"input_text": 1}}')
    assert cost(add({}, Usage("response", "r1", input_text=1_000_000)), "gpt-realtime", "", prices) == 1
    assert "gpt-realtime-mini" in prices


@pytest.mark.parametrize(
    "text",
    ["[]", '{"m": 1}', '{"m": {"words": 1}}', '{"m": {"minute": -1}}', '{"m": {"minute": Infinity}}', "{"],
)
def test_prices_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        prices_of(text)
