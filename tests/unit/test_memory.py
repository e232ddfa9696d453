"""Memories are kept once, bounded, and recalled by what they have to do with the talk."""

from __future__ import annotations

from datetime import timedelta

from switchboard.domain import limits
from switchboard.domain.errors import UpstreamUnavailable
from switchboard.domain.memory import Memory, choose, is_known, memory_id, rank, too_many
from switchboard.upstream.openai.embeddings import Embedded

from tests.unit.fakes import START

OWNER = "user:ann"


def memory(text: str, days_ago: float = 0, vector: bytes = b"") -> Memory:
    return Memory(memory_id(OWNER, text), OWNER, text, START - timedelta(days=days_ago), vector=vector)


TEA, DOG, TAX = (
    memory("She drinks green tea from Japan every morning.", 40),
    memory("Her dog Rex needs a new collar.", 20),
    memory("She asked about her tax return for 2025.", 1),
)


def test_the_same_words_of_the_same_user_are_the_same_memory() -> None:
    assert memory_id(OWNER, "Ada lives in Lisbon.") == memory_id(OWNER, "lisbon: ada LIVES in!")
    assert memory_id(OWNER, "Ada lives in Lisbon.") != memory_id("user:bob", "Ada lives in Lisbon.")


def test_nearly_the_same_is_known_and_a_similar_one_is_not() -> None:
    assert is_known("She drinks green tea from Japan, every morning!", [TEA])
    assert is_known("Every morning she drinks some green tea from Japan.", [DOG, TEA])
    assert not is_known("She drinks black coffee from Brazil every evening.", [TEA])
    assert not is_known("", [])


def test_what_has_to_do_with_the_talk_comes_first_whatever_its_age() -> None:
    assert rank("What tea do you recommend?", [DOG, TAX, TEA], START)[0] is TEA
    assert rank("my dog's collar", [TEA, TAX, DOG], START)[0] is DOG


def test_without_a_topic_the_newest_comes_first() -> None:
    assert rank("", [TEA, DOG, TAX], START) == [TAX, DOG, TEA]


def test_words_that_every_memory_has_decide_nothing() -> None:
    memories = [memory("Ann likes apples.", 3), memory("Ann likes pears.", 2), memory("Ann likes plums.", 1)]
    assert rank("Ann likes apples", memories, START)[0] is memories[0]


def test_only_so_many_are_told_and_only_so_long() -> None:
    many = [memory(f"Fact number {number}.", number) for number in range(50)]
    assert len(choose(many)) == limits.RECALL_MAX
    assert len(choose([memory("x" * limits.RECALL_CHARS), DOG])) == 1
    assert choose([]) == ()


def test_the_oldest_go_when_there_are_too_many() -> None:
    many = [memory(f"Fact number {number}.", number) for number in range(limits.MEMORIES_MAX + 2)]
    assert set(too_many(many)) == set(many[-2:])


class Model:
    """Embeds a text by whether it speaks of drinks, animals or money."""

    down = False

    def embed(self, text: str, seconds: float) -> tuple[float, ...]:
        if self.down:
            raise UpstreamUnavailable("no")
        topics = (("tea", "beverage", "thirsty"), ("dog", "pet"), ("tax", "money"))
        return tuple(float(any(word in text for word in topic)) + 0.01 for topic in topics)


def test_embeddings_find_what_shares_no_word() -> None:
    model = Model()
    embedded = Embedded(model)
    memories = [memory(each.text, 5, embedded.mark(each.text)) for each in (DOG, TAX, TEA)]
    assert embedded.rank("I am thirsty", memories, START)[0].text == TEA.text
    assert embedded.rank("my pet", memories, START)[0].text == DOG.text


def test_without_an_embedding_shared_words_decide() -> None:
    model = Model()
    embedded = Embedded(model)
    memories = [memory(each.text, 5, embedded.mark(each.text)) for each in (DOG, TAX, TEA)]
    model.down = True
    assert embedded.mark("tea") == b""
    assert embedded.rank("green tea", memories, START)[0].text == TEA.text
    assert embedded.rank("green tea", [DOG, TEA], START)[0] is TEA


def test_a_memory_of_another_size_is_ranked_last_and_breaks_nothing() -> None:
    embedded = Embedded(Model())
    odd = memory("odd", 0, b"\x00" * 7)
    tea = memory(TEA.text, 30, embedded.mark(TEA.text))
    assert embedded.rank("thirsty", [odd, tea], START) == [tea, odd]
