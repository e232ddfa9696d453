"""The contract of mailboxes, in memory and as queues: what is put in comes out once, until they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from boto3.session import Session as Aws
from moto import mock_aws
from switchboard.domain.errors import NotFound
from switchboard.domain.viewers import Mailboxes
from switchboard.stores.memory_viewers import MemoryMailboxes
from switchboard.upstream.aws.mailboxes import SqsMailboxes

from tests.contract.stores import Time

REGION = "eu-central-1"


@pytest.fixture
def sqs() -> Iterator[Any]:
    """A mocked SQS."""
    with mock_aws():
        yield Aws("key", "secret", region_name=REGION).client("sqs")


@pytest.fixture(params=["memory", "sqs"])
def boxes(request: pytest.FixtureRequest, time: Time) -> Mailboxes:
    """One implementation after the other."""
    if request.param == "memory":
        return MemoryMailboxes(time)
    return SqsMailboxes(request.getfixturevalue("sqs"), "switchboard-test-live-", time)


def test_what_is_sent_is_received_once_and_by_nobody_else(boxes: Mailboxes) -> None:
    mine, yours = boxes.open(), boxes.open()
    words = 'Ä "quoted" \\u0001 word'
    boxes.send(mine, words)
    boxes.send(mine, "two")
    got: list[str] = []
    while len(got) < 2:
        got += boxes.receive(mine, 0)
    assert sorted(got) == sorted([words, "two"])
    assert boxes.receive(mine, 0) == ()
    assert boxes.receive(yours, 0) == ()


def test_a_mailbox_that_was_closed_takes_and_gives_nothing(boxes: Mailboxes) -> None:
    box = boxes.open()
    boxes.close(box)
    boxes.close(box)
    with pytest.raises(NotFound):
        boxes.send(box, "one")
    with pytest.raises(NotFound):
        boxes.receive(box, 0)


def test_a_sweep_removes_what_is_old(boxes: Mailboxes, time: Time) -> None:
    old = boxes.open()
    time.sleep(600)
    fresh = boxes.open()
    assert boxes.sweep(time() - timedelta(seconds=300)) == 1
    assert boxes.sweep(time() - timedelta(seconds=300)) == 0
    boxes.send(fresh, "one")
    with pytest.raises(NotFound):
        boxes.send(old, "two")


def test_a_sweep_goes_through_all_of_them(sqs: Any, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard.upstream.aws.mailboxes.LISTED", 2)
    boxes = SqsMailboxes(sqs, "switchboard-test-live-", time)
    for _ in range(5):
        boxes.open()
    assert boxes.sweep(time() + timedelta(seconds=1)) == 5


def test_a_sweep_leaves_other_queues_alone(sqs: Any, time: Time) -> None:
    sqs.create_queue(QueueName="somebody-elses")
    sqs.create_queue(QueueName="switchboard-test-live-nonsense")
    assert SqsMailboxes(sqs, "switchboard-test-live-", time).sweep(time()) == 0
    assert len(sqs.list_queues()["QueueUrls"]) == 2
