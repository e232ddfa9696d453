"""boto3 clients of a local engine, and the environment with which any process becomes one."""

from __future__ import annotations

import functools
from typing import Any

import boto3
from botocore.config import Config

from dev.engine import limits
from dev.engine.cloudformation import REGION

# The engine checks no signatures, but boto3 refuses to sign without a key.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


def environment(engine_url: str) -> dict[str, str]:
    """Return the variables that point an AWS SDK at the engine."""
    return {
        **CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": engine_url,
        # "sync-" before a loopback address is no host name.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@functools.cache
def client(name: str, engine_url: str) -> Any:
    """Return a boto3 client of the engine; `name` as for `boto3.client`."""
    return boto3.client(  # type: ignore[call-overload]  # the stubs know each name as a literal only
        name,
        endpoint_url=engine_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            inject_host_prefix=False,
            read_timeout=limits.ENGINE_READ_S,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
        ),
    )
