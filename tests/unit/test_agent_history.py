"""What is remembered, what of it matters, and in how many words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchboard.agent import HistoryParts, MessageHistory, Turn, compaction, context, limits, selection
from switchboard.agent.summaries import extract, middle_out
from switchboard.domain.errors import UpstreamUnavailable

from tests.unit.agent_fakes import World, says
from tests.unit.fakes import START


def turn(number: int, **facts: Any) -> Turn:
    at = START + timedelta(seconds=number)
    defaults = {"query": f"question {number}", "answer": f"answer {number}", "summary": f"summary {number}"}
    return Turn(f"turn_{number}", created_at=at, **{**defaults, **facts})


def pointing(number: int, size: int = 8) -> bytes:
    """A vector that points its own way."""
    return selection.pack([1.0 if place == number % size else 0.0 for place in range(size)])


class Embedder:
    """Vectors by the number in a text; counts what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def __call__(self, texts: Sequence[str]) -> list[bytes]:
        self.asked.append(list(texts))
        return [pointing(int("".join(filter(str.isdigit, text.split("\n")[0])) or 0)) for text in texts]


def ids(turns: Sequence[Turn]) -> list[str]:
    return [each.id for each in turns]


async def test_a_message_added_is_the_last_and_is_found_by_its_id() -> None:
    history = MessageHistory()
    assert history.last() is None
    first = await history.add_agent_message("Where is Lisbon?", "In Portugal. By the sea.")
    second = await history.add_agent_message("Thanks", "Gladly.")
    assert history.get_all() == [first, second]
    assert history.last() == second
    assert history.get_by_id(first.id) == first
    assert history.get_by_id("turn_none") is None
    assert first.summary == "Where is Lisbon? → In Portugal. By the sea."


async def test_clearing_forgets_everything() -> None:
    history = MessageHistory([turn(1)], digest="before", digest_key="k")
    history.clear()
    assert (len(history), history.digest, history.format_for_planning()) == (0, "", "")


def test_turns_are_in_the_order_of_their_time_whatever_order_they_come_in() -> None:
    assert ids(MessageHistory([turn(3), turn(1), turn(2)]).get_all()) == ["turn_1", "turn_2", "turn_3"]


def test_the_plan_has_queries_and_summaries_and_what_was_before_them() -> None:
    history = MessageHistory([turn(1), turn(2)], digest="Ada likes cats.")
    assert history.format_for_planning([turn(2)]) == (
        "Earlier: Ada likes cats.\n\nUser: question 2\nAssistant: summary 2"
    )
    assert "summary 1" in history.format_for_planning()


async def test_without_vectors_the_newest_turns_are_the_relevant_ones() -> None:
    history = MessageHistory([turn(number) for number in range(9)], parts=HistoryParts(most=4))
    assert ids(await history.select_relevant_messages("anything")) == ["turn_5", "turn_6", "turn_7", "turn_8"]


async def test_with_vectors_the_nearest_and_the_newest_are() -> None:
    embed = Embedder()
    turns = [turn(number, vector=pointing(number)) for number in range(8)]
    history = MessageHistory(turns, parts=HistoryParts(embed=embed, most=4))
    chosen = await history.select_relevant_messages("question 2")
    assert ids(chosen) == ["turn_2", "turn_5", "turn_6", "turn_7"]
    assert embed.asked == [["question 2"]]


async def test_a_turn_without_a_vector_gets_one_on_the_way_and_once_only() -> None:
    embed = Embedder()
    turns = [turn(0), *(turn(number, vector=pointing(number)) for number in range(1, 8))]
    history = MessageHistory(turns, parts=HistoryParts(embed=embed, most=4))
    assert "turn_0" in ids(await history.select_relevant_messages("question 0"))
    assert ids(history.amended) == ["turn_0"]
    await history.select_relevant_messages("question 0")
    assert [len(asked) for asked in embed.asked] == [2, 1]


async def test_a_short_history_is_sent_whole_and_nothing_is_embedded() -> None:
    embed = Embedder()
    history = MessageHistory([turn(1), turn(2)], parts=HistoryParts(embed=embed, most=4))
    assert ids(await history.select_relevant_messages("anything")) == ["turn_1", "turn_2"]
    assert embed.asked == []


async def test_where_vectors_cannot_be_had_the_newest_turns_stand_in() -> None:
    async def fail(_: Sequence[str]) -> list[bytes]:
        raise UpstreamUnavailable("gone")

    turns = [turn(number, vector=pointing(number)) for number in range(8)]
    history = MessageHistory(turns, parts=HistoryParts(embed=fail, most=3))
    assert ids(await history.select_relevant_messages("question 0")) == ["turn_5", "turn_6", "turn_7"]
    assert (await history.add_agent_message("new", "answer")).vector is None


async def test_a_turn_that_failed_without_a_word_is_no_context() -> None:
    history = MessageHistory([turn(1), turn(2, answer="", status="failed")])
    assert ids(await history.select_relevant_messages("anything")) == ["turn_1"]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_turns_are_chosen_than_wanted_and_the_newest_come_first(most: int) -> None:
    turns = [turn(number, vector=pointing(number)) for number in range(8)]
    assert ids(selection.select(turns, pointing(0), most)) == [f"turn_{n}" for n in range(8 - most, 8)]


def test_vectors_of_another_model_are_not_compared() -> None:
    turns = [turn(0, vector=pointing(0, 16)), *(turn(n, vector=pointing(1)) for n in range(1, 8))]
    assert "turn_0" not in ids(selection.select(turns, pointing(0), 4))


def test_a_vector_comes_back_with_the_length_of_one() -> None:
    assert selection.unpack(selection.pack([3.0, 4.0])) == pytest.approx([0.6, 0.8])
    assert selection.unpack(selection.pack([0.0, 0.0])) == [0.0, 0.0]


def test_the_nearest_of_a_thousand_turns_are_chosen() -> None:
    chance = Random(1)
    numbers = [[chance.gauss(0, 1) for _ in range(limits.EMBEDDING_DIMENSIONS)] for _ in range(1000)]
    turns = [turn(n, vector=selection.pack(one)) for n, one in enumerate(numbers)]
    nearly = [number + chance.gauss(0, 0.1) for number in numbers[3]]
    chosen = selection.select(turns, selection.pack(nearly), 10)
    assert "turn_3" in ids(chosen)
    assert len(chosen) == 10


@given(st.text(), st.text())
def test_a_cheap_summary_is_short_whatever_was_said(query: str, answer: str) -> None:
    assert len(extract(query, answer)) <= limits.SUMMARY_CHARS + 5


def test_a_cheap_summary_ends_with_a_sentence_where_one_ends() -> None:
    answer = "Lisbon is the capital. " * 20
    assert extract("Where?", answer).endswith("Lisbon is the capital.")


@given(st.text(), st.integers(5, 50))
def test_a_text_cut_in_its_middle_keeps_its_ends(text: str, most: int) -> None:
    cut = middle_out(text, most)
    assert len(cut) <= most
    assert cut[0:1] == text[0:1]
    assert cut[-1:] == text[-1:]


async def test_a_summary_by_a_model_is_kept_with_the_turn() -> None:
    async def ask(instructions: str, text: str, tokens: int, seconds: float) -> str:
        assert "Where is Lisbon?" in text
        return " In Portugal. "

    history = MessageHistory(parts=HistoryParts(ask=ask))
    assert (await history.add_agent_message("Where is Lisbon?", "…")).summary == "In Portugal."


async def test_a_model_that_fails_or_says_nothing_leaves_the_cheap_summary() -> None:
    async def fail(*_: Any) -> str:
        raise UpstreamUnavailable("gone")

    async def nothing(*_: Any) -> str:
        return "  "

    for ask in (fail, nothing):
        added = await MessageHistory(parts=HistoryParts(ask=ask)).add_agent_message("q", "a")
        assert added.summary == "q → a"


async def test_a_model_that_is_too_slow_leaves_the_cheap_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(limits, "SUMMARY_SECONDS", 0.0)
    history = MessageHistory(parts=HistoryParts(ask=never))
    assert (await history.add_agent_message("q", "a")).summary == "q → a"


def test_what_does_not_fit_verbatim_is_sent_as_its_summary() -> None:
    long = "x" * limits.TURN_CHARS
    turns = [turn(number, answer=long) for number in range(6)]
    items = context.messages(turns, "now")
    assert items[-1] == {"role": "user", "content": "now"}
    assert items[1]["content"] == "summary 0"
    assert items[-2]["content"] == long
    assert sum(len(item["content"]) for item in items) < limits.CONTEXT_CHARS + 2 * limits.TURN_CHARS


async def test_a_long_conversation_is_compacted_and_the_digest_sent() -> None:
    world = World(says("fine"), rate=1000)
    for number in range(limits.COMPACT_AFTER_TURNS + 2):
        await world.ask(f"question {number}")
    history = await world.store.get("s")
    assert history is not None
    assert "question 0" in history.digest
    kept_out = limits.COMPACT_AFTER_TURNS - limits.COMPACT_KEEP_TURNS
    assert f"question {kept_out - 1} " in history.digest
    assert f"question {kept_out} " not in history.digest
    asked = world.upstream.asked[-1]
    assert asked["instructions"].startswith("Be brief.")
    assert "question 0" in asked["instructions"]
    assert len(history) == limits.COMPACT_AFTER_TURNS + 2


async def test_a_digest_of_digests_stays_short_and_keeps_the_newest() -> None:
    turns = [turn(number, summary=f"summary {number} " + "x" * 200) for number in range(100)]
    history = MessageHistory(turns, digest="the beginning")
    found = await compaction.compact(history)
    assert found is not None
    words, key = found
    assert len(words) <= limits.DIGEST_CHARS
    assert "summary 79" in words
    assert key == turns[-limits.COMPACT_KEEP_TURNS - 1].key


async def test_a_model_writes_the_digest_where_one_is_wanted() -> None:
    async def ask(instructions: str, text: str, tokens: int, seconds: float) -> str:
        assert "the beginning" in text
        return "Everything so far."

    turns = [turn(number) for number in range(limits.COMPACT_AFTER_TURNS)]
    history = MessageHistory(turns, digest="the beginning", parts=HistoryParts(ask=ask))
    found = await compaction.compact(history)
    assert found is not None
    assert found[0] == "Everything so far."


def test_a_turn_survives_the_way_into_a_store_and_back() -> None:
    whole = turn(1, vector=b"1234", milliseconds=5, first_token_ms=2, status="refused")
    assert Turn.from_bytes(whole.to_bytes()) == whole
    assert Turn.from_bytes(turn(2).to_bytes()) == turn(2)
