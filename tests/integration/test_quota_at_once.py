"""The table's buckets under fire: real requests to a real engine, all at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.session import Session
from switchboard.domain.quota import Allowance
from switchboard.stores.dynamodb.buckets import DynamoBuckets
from switchboard.stores.dynamodb.table import Table

from dev.engine.stack import LocalStack

NOW = datetime.now(UTC)
"""The real time: the engine removes rows whose TTL has passed, as a bucket of last spring would have."""
AT_ONCE, ASKED, ALLOWED = 24, 1200, 300
"""As many as a test has time for."""


def table_of(stack: LocalStack) -> Table:
    """Return the stack's table, through a client that takes that many requests at once."""
    client: Any = Session().create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=stack.engine_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(max_pool_connections=AT_ONCE, retries={"mode": "standard", "total_max_attempts": 4}),
    )
    return Table(client, stack.table_name, lambda: NOW)


def test_the_table_never_admits_one_more_than_the_allowance(stack: LocalStack) -> None:
    buckets, allowance = DynamoBuckets(table_of(stack)), Allowance(ALLOWED, 3600)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        admitted = sum(pool.map(lambda _: buckets.take("fire", allowance, NOW).admitted, range(ASKED)))
    assert admitted == ALLOWED
