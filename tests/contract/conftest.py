"""The fixtures of the stores' contract: each test runs against every implementation."""

from collections.abc import Iterator

import pytest

from tests.contract.stores import Clients, Dynamo, Memory, Stores, Time, dynamo, mocked


@pytest.fixture
def time() -> Time:
    """The stores' clock."""
    return Time()


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    """A mocked account in this process."""
    with mocked() as clients:
        yield clients


@pytest.fixture
def tables(clients: Clients, time: Time) -> Iterator[Dynamo]:
    """The stores in DynamoDB."""
    with dynamo(clients, time) as stores:
        yield stores


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, time: Time) -> Stores:
    """One implementation after the other."""
    if request.param == "memory":
        return Memory(time)
    found: Dynamo = request.getfixturevalue("tables")
    return found
