"""Hear calls as a whole host does: all its duties, on a table in another process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from botocore.config import Config
from botocore.session import Session as AwsSession
from sideband import limits, log
from sideband.deps import Allowance, Deps, Shared
from sideband.garbage import collect
from sideband.host import Host
from sideband.queue import Message
from sideband.quick import QuickPages
from sideband.wiring import CONNECTIONS
from switchboard.domain.places import Places
from switchboard.stores.dynamodb.audits import DynamoAudits
from switchboard.stores.dynamodb.calls import DynamoCalls
from switchboard.stores.dynamodb.direct import Direct
from switchboard.stores.dynamodb.hosts import DynamoHosts
from switchboard.stores.dynamodb.places import DynamoPlaces
from switchboard.stores.dynamodb.sessions import DynamoSessions
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts
from switchboard.stores.dynamodb.viewers import DynamoViewers
from switchboard.stores.memory import MemoryStores

from bench import hear_sideband
from bench.hear_sideband import now

READ_S = 10.0
LIFETIME_S = 86_400
IDLE_S = 900.0


class Silent:
    """A queue without commands: the calls are found by sweeping, as after a deploy."""

    def receive(self) -> Sequence[Message]:
        """Wait as long as a poll does."""
        time.sleep(limits.POLL)
        return ()

    def delete(self, message: Message) -> None:
        """Have nothing to forget."""

    def give_back(self, message: Message) -> None:
        """Have nothing to give."""


def deps_of(url: str, table: str) -> Deps:
    """Return the ports of a host in production, but for secrets: there is neither KMS nor Secrets Manager."""
    session = AwsSession()
    session.set_credentials("bench", "bench")
    config = Config(max_pool_connections=CONNECTIONS)
    client = session.create_client("dynamodb", region_name="us-east-1", endpoint_url=table, config=config)
    direct = cast(Any, Direct(cast(Any, client), session.get_credentials(), READ_S))
    transcripts = DynamoTranscripts(Table(direct, "bench", now), LIFETIME_S, now)
    rows, heart = Table(direct, "bench", now), Table(cast(Any, client), "bench", now)
    return replace(
        hear_sideband.deps_of(url, MemoryStores(), transcripts),
        sessions=DynamoSessions(rows),
        calls=DynamoCalls(rows),
        hosts=DynamoHosts(heart, now),
        audits=DynamoAudits(rows),
        places=Places(DynamoPlaces(rows), {}, now, lambda *_: None),
        viewers=DynamoViewers(rows, now),
        allowance=Allowance(IDLE_S),
        quick=QuickPages(transcripts, direct),
    )


class Whole:
    """A host as it is in production, which finds its calls in the table."""

    def __init__(self, url: str, calls: int, table: str) -> None:
        log.start()
        self._host = Host(Shared(deps_of(url, table), f"host_{os.getpid()}"), Silent(), calls)

    async def listen(self) -> None:
        """Be a host."""
        async with asyncio.TaskGroup() as group:
            group.create_task(collect())
            group.create_task(self._host.run())

    def report(self) -> dict[str, float]:
        """Return what may not be: words that were given up, and writes that failed."""
        metrics = self._host.shared.metrics
        return {"lost": metrics.items_lost, "retries": metrics.write_retries}


hearing = Whole
