"""What usage costs."""

import pytest
from switchboard.domain.price import PRICES, add, cost, prices_of
from switchboard.domain.transcript import Usage

MODELS = ("gpt-realtime-2.1", "gpt-live-transcribe")


def test_cached_input_is_part_of_the_input_and_cheaper() -> None:
    totals = add({}, Usage("response", "r1", input_audio=1_000_000, cached_audio=400_000))
    assert cost(totals, *MODELS, PRICES) == pytest.approx(0.6 * 32 + 0.4 * 0.4)


def test_transcription_is_priced_by_its_own_model_and_by_the_minute() -> None:
    totals = add(add({}, Usage("transcription", "i1", seconds=90)), Usage("response", "r1", output_text=1000))
    assert cost(totals, *MODELS, PRICES) == pytest.approx(1.5 * 0.006 + 0.016)


def test_a_dated_name_has_its_familys_prices_and_a_small_model_its_own() -> None:
    totals = add({}, Usage("response", "r1", output_audio=1_000_000))
    assert cost(totals, "gpt-realtime-2.1", "", PRICES) == 64
    assert cost(totals, "gpt-realtime-mini-2025-12-15", "", PRICES) == 20


def test_what_has_no_price_has_no_cost() -> None:
    assert cost(add({}, Usage("response", "r1", input_text=1)), "other", "", PRICES) is None
    assert cost({}, "other", "", PRICES) == 0


def test_configured_prices_replace_a_models_own() -> None:
    prices = prices_of('{"gpt-realtime": {"input_text": 1}}')
    assert cost(add({}, Usage("response", "r1", input_text=1_000_000)), "gpt-realtime", "", prices) == 1
    assert "gpt-realtime-mini" in prices


@pytest.mark.parametrize("text", ["[]", '{"m": 1}', '{"m": {"words": 1}}', '{"m": {"minute": -1}}', "{"])
def test_prices_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        prices_of(text)
