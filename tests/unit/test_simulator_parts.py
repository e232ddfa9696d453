"""The simulator's smaller parts: lineage, faults, vectors, secrets, words in pieces."""

import base64
import struct

import pytest

from dev.simulator import embeddings
from dev.simulator.chance import Chance
from dev.simulator.client_secrets import ClientSecrets
from dev.simulator.conversation import Conversation, Item
from dev.simulator.credentials import Gate, fingerprint
from dev.simulator.errors import ApiError, EventRefused
from dev.simulator.faults import Faults
from dev.simulator.pace import Pace
from dev.simulator.speech import tokens
from dev.simulator.wire import Json


def message(item_id: str, *, by_model: bool = False) -> Item:
    return Item({"id": item_id, "type": "message", "role": "user", "content": []}, by_model=by_model)


def conversation() -> tuple[Conversation, list[Json]]:
    told: list[Json] = []
    return Conversation(Chance(1), told.append), told


def test_items_are_added_behind_the_one_that_is_named() -> None:
    talk, told = conversation()
    for item_id, after in (("a", None), ("c", None), ("b", "a"), ("z", "root")):
        talk.add(message(item_id), after)
    assert [item.body["id"] for item in talk] == ["z", "a", "b", "c"]
    assert [e["previous_item_id"] for e in told if e["type"].endswith("added")] == [None, "a", "a", None]


def test_only_a_model_item_right_after_the_first_forgets_its_predecessor() -> None:
    talk, told = conversation()
    for item_id, by_model in (("a", False), ("b", True), ("c", True), ("d", False)):
        talk.add(message(item_id, by_model=by_model))
    done = [event["previous_item_id"] for event in told if event["type"].endswith("done")]
    assert done == [None, None, "b", "c"]


def test_a_deleted_item_leaves_the_line_whole() -> None:
    talk, _ = conversation()
    for item_id in "abc":
        talk.add(message(item_id))
    talk.delete("b")
    assert talk.previous("c") == "a"
    with pytest.raises(EventRefused):
        talk.delete("b")


def test_tokens_put_together_are_the_text() -> None:
    for text in ("Hello there!", " a  b\n", "It's 19:00, isn't it? ", "", "…", "née"):
        assert "".join(tokens(text)) == text
    assert tokens("Hello there!") == ["Hello", " there", "!"]


def test_a_fault_strikes_where_when_and_as_often_as_ordered() -> None:
    faults = Faults(Chance(1))
    faults.add({"at": "socket", "do": "lose", "event": "a.*", "call": "rtc_1", "skip": 1, "times": 2})
    struck = [
        faults.strike("socket", call=call, event=event) is not None
        for call, event in (
            ("rtc_2", "a.x"),
            ("rtc_1", "b"),
            ("rtc_1", "a.x"),
            ("rtc_1", "a.y"),
            ("rtc_1", "a.z"),
            ("rtc_1", "a.z"),
        )
    ]
    assert struck == [False, False, False, True, True, False]
    assert faults.quiet_on_sockets


def test_chance_is_repeatable_with_a_seed() -> None:
    assert [Chance(7).id("item") for _ in range(2)] == [Chance(7).id("item")] * 2
    assert Chance().id("item") != Chance().id("item")


def test_a_vector_has_length_one_and_is_always_the_same() -> None:
    vector = embeddings.vector("A marine biologist", 256)
    assert sum(value * value for value in vector) == pytest.approx(1.0)
    assert vector == embeddings.vector("a MARINE biologist", 256)
    assert sum(embeddings.vector("", 8)) == 1.0


def test_packed_vectors_are_little_endian_floats() -> None:
    asked: Json = {"model": "text-embedding-3-small", "input": "tea", "dimensions": 4}
    plain = embeddings.answer(asked)["data"][0]["embedding"]
    packed = embeddings.answer({**asked, "encoding_format": "base64"})["data"][0]["embedding"]
    assert struct.unpack("<4f", base64.b64decode(packed)) == pytest.approx(plain)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "other"},
        {"input": ""},
        {"input": []},
        {"input": ["a"] * 2049},
        {"dimensions": 9999},
        {"input": None},
    ],
)
def test_wrong_embedding_requests_are_refused(wrong: Json) -> None:
    with pytest.raises(ApiError):
        embeddings.answer({"model": "text-embedding-3-small", "input": "a", **wrong})


def test_a_secret_expires_and_the_oldest_leaves_first() -> None:
    now = [1000.0]
    secrets = ClientSecrets(Chance(1), Pace(clock=lambda: now[0]), capacity=2)
    first, second, third = (secrets.mint({"expires_after": {"seconds": 10}}) for _ in range(3))
    assert secrets.find(first.value) is None
    assert secrets.find(third.value) is third
    now[0] += 10
    assert secrets.find(second.value) is None


def test_an_expired_secret_is_no_credential() -> None:
    now = [1000.0]
    secrets = ClientSecrets(Chance(1), Pace(clock=lambda: now[0]), capacity=2)
    headers = {"Authorization": f"Bearer {secrets.mint({'expires_after': {'seconds': 10}}).value}"}
    gate = Gate((), secrets)
    assert gate.admit(headers, allow="any").secret is not None
    now[0] += 10
    with pytest.raises(ApiError) as refused:
        gate.admit(headers, allow="any")
    assert refused.value.status == 401


def test_a_standard_key_is_not_taken_from_a_subprotocol() -> None:
    secrets = ClientSecrets(Chance(1), Pace(), capacity=2)
    gate, protocol = Gate((), secrets), "realtime, openai-insecure-api-key."
    secret = secrets.mint({}).value
    assert gate.admit({"Sec-WebSocket-Protocol": protocol + secret}, allow="any").value == secret
    with pytest.raises(ApiError):
        gate.admit({"Sec-WebSocket-Protocol": protocol + "sk-test"}, allow="any")


def test_a_secret_does_not_print_itself() -> None:
    secret = ClientSecrets(Chance(1), Pace(), 1).mint({})
    credential = Gate((), ClientSecrets(Chance(1), Pace(), 1)).admit({"Authorization": "Bearer sk-mine"})
    assert secret.value not in repr(secret)
    assert "sk-mine" not in repr(credential)
    assert fingerprint("sk-mine") != fingerprint("sk-other")
