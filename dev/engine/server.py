"""Start the engine's process with settings of ours and wait until it answers."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from dev.engine import limits
from dev.engine.cloudformation import ACCOUNT, REGION
from dev.engine.ports import HOST
from dev.engine.processes import Child, LineSink

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


_NOT_LOADED = "Persistence: failed to load"


class StateDamaged(Exception):
    """The engine could not load what an earlier run saved, and would go on with only a part of it."""


def base_environment() -> dict[str, str]:
    """Return what a child inherits of our environment: nothing that could change what it does."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def start_engine(port: int, state: Path, sink: LineSink) -> Child:
    """Start ministack on a loopback port with its state kept under `state`; return once it serves."""
    scratch = state / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)  # unpacked code of earlier runs
    scratch.mkdir(parents=True)
    settings = {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(scratch),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": "localhost",
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    child = Child(
        "engine", [sys.executable, "-m", "dev.engine.child"], base_environment() | settings, state, sink
    )
    try:
        child.wait_until(lambda: answers(f"http://{HOST}:{port}/_ministack/health"), limits.ENGINE_START_S)
        if _NOT_LOADED in child.last_lines():
            raise StateDamaged(
                f"the saved state under {state} cannot be read; forget it with `make clean-dev`"
            )
    except BaseException:
        child.kill()
        raise
    return child


def answers(url: str) -> bool:
    """Say whether the URL answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=limits.CHILD_START_S) as response:
            return bool(response.status < 300)
    except (urllib.error.URLError, OSError):
        return False
