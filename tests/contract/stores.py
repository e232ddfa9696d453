"""Every store that the contract is held against: in memory, and in a mocked table cut from the template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from boto3.session import Session as Aws
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations
from switchboard.domain import limits
from switchboard.domain.audit import Audits
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.extractions import Extractions
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import Hosts
from switchboard.domain.ports.transcripts import Digests, Transcripts
from switchboard.domain.ticket import Tickets
from switchboard.domain.tool_call import ToolCalls
from switchboard.domain.viewers import Viewers
from switchboard.stores.dynamodb.audits import DynamoAudits
from switchboard.stores.dynamodb.calls import DynamoCalls
from switchboard.stores.dynamodb.extractions import DynamoDigests, DynamoExtractions
from switchboard.stores.dynamodb.hosts import DynamoHosts
from switchboard.stores.dynamodb.secrets import DynamoSecrets
from switchboard.stores.dynamodb.sessions import DynamoSessions
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.tickets import DynamoTickets
from switchboard.stores.dynamodb.tool_calls import DynamoToolCalls
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts
from switchboard.stores.dynamodb.viewers import DynamoViewers
from switchboard.stores.memory import MemoryStores

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
COUNT = count(1)
CREATED_WITH = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stores(Protocol):
    """All of the stores, sharing one table or one memory."""

    tickets: Tickets
    audits: Audits
    viewers: Viewers
    sessions: Sessions
    secrets: Secrets
    calls: Calls
    hosts: Hosts
    transcripts: Transcripts
    extractions: Extractions
    digests: Digests
    tool_calls: ToolCalls


@dataclass
class Time:
    """A clock that moves only when told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.now += timedelta(seconds=seconds)


class Memory:
    """The stores in memory."""

    def __init__(self, clock: Time) -> None:
        stores = MemoryStores(clock)
        self.tickets: Tickets = stores.tickets
        self.audits: Audits = stores.audits
        self.viewers: Viewers = stores.viewers
        self.sessions: Sessions = stores.sessions
        self.secrets: Secrets = stores.secrets
        self.calls: Calls = stores.calls
        self.hosts: Hosts = stores.hosts
        self.transcripts: Transcripts = stores.transcripts
        self.extractions: Extractions = stores.extractions
        self.digests: Digests = stores.digests
        self.tool_calls: ToolCalls = stores.tool_calls


@dataclass(frozen=True)
class Clients:
    """What the stores speak to."""

    dynamodb: Any
    kms: Any
    key_id: str = "key"


class Dynamo:
    """The stores in one table."""

    def __init__(self, clock: Time, clients: Clients, name: str = "switchboard") -> None:
        self.clients = clients
        self.table = Table(clients.dynamodb, name, clock)
        self.tickets: Tickets = DynamoTickets(self.table)
        self.audits: Audits = DynamoAudits(self.table)
        self.viewers: Viewers = DynamoViewers(self.table, clock)
        self.sessions: Sessions = DynamoSessions(self.table)
        self.secrets: Secrets = DynamoSecrets(self.table, clients.kms, clients.key_id, clock)
        self.calls: Calls = DynamoCalls(self.table)
        self.hosts: Hosts = DynamoHosts(self.table, clock)
        self.transcripts: Transcripts = DynamoTranscripts(self.table, limits.SESSION_DAYS * 24 * 3600, clock)
        self.extractions: Extractions = DynamoExtractions(self.table)
        self.digests: Digests = DynamoDigests(self.table, clock)
        self.tool_calls: ToolCalls = DynamoToolCalls(self.table)

    def rows(self) -> list[dict[str, Any]]:
        """Return everything in the table, as DynamoDB has it."""
        found: list[dict[str, Any]] = self.clients.dynamodb.scan(TableName=self.table.name)["Items"]
        return found

    def put(self, row: dict[str, Any]) -> None:
        """Write a row behind the stores' back."""
        self.clients.dynamodb.put_item(TableName=self.table.name, Item=row)


@cache
def table_properties() -> dict[str, Any]:
    """Return the template's table as a CreateTable request without its name."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    properties = template["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in CREATED_WITH}


@contextmanager
def mocked() -> Iterator[Clients]:
    """Yield the clients of a mocked account; making them takes longer than most tests."""
    with mock_aws():
        aws = Aws(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-central-1")
        dynamodb, kms = aws.client("dynamodb"), aws.client("kms")
        yield Clients(dynamodb, kms, kms.create_key()["KeyMetadata"]["KeyId"])


@contextmanager
def dynamo(clients: Clients, clock: Time) -> Iterator[Dynamo]:
    """Yield the stores in a table of their own."""
    name = f"switchboard-{next(COUNT)}"
    clients.dynamodb.create_table(TableName=name, **table_properties())
    yield Dynamo(clock, clients, name)
    clients.dynamodb.delete_table(TableName=name)
