"""The contract of logs, memories and issuers' keys, in memory and in a mocked table."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest
from switchboard.domain import limits
from switchboard.domain.errors import NotFound
from switchboard.domain.log import Log, LogPart
from switchboard.domain.memory import Memories, Memory
from switchboard.domain.ports.keys import KeySet, KeySets
from switchboard.domain.ports.logs import Logs
from switchboard.domain.report import report_of
from switchboard.domain.talk import Reports
from switchboard.stores.dynamodb.key_sets import DynamoKeySets
from switchboard.stores.dynamodb.logs import DynamoLogs
from switchboard.stores.dynamodb.memories import DynamoMemories
from switchboard.stores.dynamodb.reports import DynamoReports
from switchboard.stores.key_sets import MemoryKeySets
from switchboard.stores.logs import MemoryLogs, MemoryMemories, MemoryReports

from tests.contract.stores import START, Dynamo

LOG = Log("log_" + "a" * 32, "user:ann", "sess_1", START, 12)
ANN, BOB = "user:ann", "user:bob"


@dataclass
class Stores:
    """The stores, of one kind."""

    logs: Logs
    reports: Reports
    memories: Memories
    keys: KeySets


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return Stores(MemoryLogs(), MemoryReports(), MemoryMemories(), MemoryKeySets())
    table = cast("Dynamo", request.getfixturevalue("tables")).table
    return Stores(DynamoLogs(table), DynamoReports(table), DynamoMemories(table), DynamoKeySets(table))


def test_a_log_is_kept_once_and_comes_back_as_it_was(stores: Stores) -> None:
    content = {"messages": [{"role": "user", "content": "Olá, “Ada”."}], "n": 1.5}
    assert stores.logs.add(LOG, content)
    assert not stores.logs.add(replace(LOG, size=99), content)
    assert stores.logs.find(LOG.id) == LOG
    assert stores.logs.content(LOG.id) == content


def test_what_became_of_a_log_is_stored(stores: Stores) -> None:
    stores.logs.add(LOG, {"a": 1})
    done = LOG.analysed({"messages": 3}).digested("A summary.", suspicious=True).done("kept")
    stores.logs.save(done)
    assert stores.logs.find(LOG.id) == done
    assert stores.logs.content(LOG.id) == {"a": 1}


def test_a_missing_log_is_missing(stores: Stores) -> None:
    assert stores.logs.find(LOG.id) is None
    with pytest.raises(NotFound):
        stores.logs.content(LOG.id)
    assert stores.logs.list_parts(LOG.id) == ()


def test_the_largest_log_is_kept_whole_even_if_nothing_can_be_compressed(stores: Stores) -> None:
    noise = random.Random(1)
    content = {
        "messages": [
            "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789ÄÖÜ€", k=1000)) for _ in range(1000)
        ]
    }
    assert len(str(content)) > 0.95 * limits.LOG_BYTES
    stores.logs.add(LOG, content)
    assert stores.logs.content(LOG.id) == content


def test_parts_come_back_in_order_whatever_order_they_came_in(stores: Stores) -> None:
    stores.logs.add(LOG, {"a": 1})
    for number in (11, 2, 0, 2):
        stores.logs.add_part(LOG.id, number, LogPart(f"part {number}", suspicious=number == 2))
    assert [part.summary for part in stores.logs.list_parts(LOG.id)] == ["part 0", "part 2", "part 11"]
    assert [part.suspicious for part in stores.logs.list_parts(LOG.id)] == [False, True, False]


def reported(*texts: str) -> dict[str, Any]:
    return {
        "messages": [{"id": f"item_{n}", "role": "user", "content": text} for n, text in enumerate(texts)]
    }


def test_reports_of_a_session_come_back_as_they_were_newest_first(stores: Stores) -> None:
    first, second = report_of(reported("Olá, “Ada”.")), report_of(reported("One.", "Two."))
    stores.reports.add("sess_1", "log_1", START, first)
    stores.reports.add("sess_1", "log_2", START + timedelta(seconds=1), second)
    stores.reports.add("sess_1", "log_1", START + timedelta(seconds=2), second)
    stores.reports.add("sess_1", "log_3", START + timedelta(seconds=3), ())
    stores.reports.add("sess_2", "log_4", START, second)
    assert stores.reports.list("sess_1") == (second, first)
    assert stores.reports.log_ids("sess_1", 20) == ("log_3", "log_2", "log_1")
    assert stores.reports.log_ids("sess_1", 2) == ("log_3", "log_2")
    assert stores.reports.list("sess_3") == ()
    assert stores.reports.log_ids("sess_3", 20) == ()


def test_the_longest_report_is_kept_even_if_nothing_can_be_compressed(stores: Stores) -> None:
    noise = random.Random(1)
    texts = ["".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9_000)) for _ in range(100)]
    report = report_of(reported(*texts))
    assert 20 < len(report) < 100
    assert report[-1].text == texts[-1]
    stores.reports.add("sess_1", "log_1", START, report)
    assert stores.reports.list("sess_1") == (report,)


def memory(number: int, owner: str = ANN) -> Memory:
    made = START + timedelta(minutes=number)
    return Memory(f"mem_{number:032x}", owner, f"Fact {number}.", made, "log_1", bytes([number, 255]))


def test_memories_come_back_newest_first_and_each_user_sees_their_own(stores: Stores) -> None:
    for number in (2, 1, 3):
        assert stores.memories.add(memory(number))
    stores.memories.add(memory(1, BOB))
    assert stores.memories.list(ANN) == (memory(3), memory(2), memory(1))
    assert stores.memories.list(BOB) == (memory(1, BOB),)


def test_the_same_memory_is_not_added_twice(stores: Stores) -> None:
    assert stores.memories.add(memory(1))
    assert not stores.memories.add(memory(1))
    assert len(stores.memories.list(ANN)) == 1


def test_only_what_is_there_and_ones_own_can_be_removed(stores: Stores) -> None:
    stores.memories.add(memory(1))
    for owner, name in ((BOB, memory(1).id), (ANN, memory(2).id)):
        with pytest.raises(NotFound):
            stores.memories.remove(owner, name)
    stores.memories.remove(ANN, memory(1).id)
    assert stores.memories.list(ANN) == ()


def test_forgetting_takes_memories_and_profile_of_one_user(stores: Stores) -> None:
    stores.memories.add(memory(1))
    stores.memories.add(memory(2))
    stores.memories.add(memory(1, BOB))
    stores.memories.keep_profile(ANN, {"city": "Lisbon"})
    assert stores.memories.forget(ANN) == 2
    assert stores.memories.list(ANN) == ()
    assert stores.memories.profile(ANN) is None
    assert len(stores.memories.list(BOB)) == 1
    assert stores.memories.forget(ANN) == 0


def test_who_opted_out_is_given_no_memory_and_no_profile(stores: Stores) -> None:
    assert not stores.memories.opted_out(ANN)
    stores.memories.choose(ANN, opted_out=True)
    assert stores.memories.opted_out(ANN)
    assert not stores.memories.add(memory(1))
    stores.memories.keep_profile(ANN, {"city": "Lisbon"})
    assert stores.memories.list(ANN) == ()
    assert stores.memories.profile(ANN) is None
    stores.memories.choose(ANN, opted_out=False)
    assert stores.memories.add(memory(1))


def test_a_choice_outlives_forgetting(stores: Stores) -> None:
    stores.memories.choose(ANN, opted_out=True)
    stores.memories.forget(ANN)
    assert stores.memories.opted_out(ANN)


def test_the_newest_keys_of_an_issuer_stay(stores: Stores) -> None:
    old, new = KeySet(({"kid": "1"},), START), KeySet(({"kid": "2"},), START + timedelta(seconds=1))
    assert stores.keys.find("https://a.example.com") is None
    stores.keys.save("https://a.example.com", new)
    stores.keys.save("https://a.example.com", old)
    assert stores.keys.find("https://a.example.com") == new
    assert stores.keys.find("https://b.example.com") is None
