"""Which local stack runs from a state directory: one at a time, found by other commands, swept up after."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev.engine import limits
from dev.engine.server import ROOT
from dev.engine.stack import LocalStack

STATE = Path(".switchboard")


class AlreadyRunning(Exception):
    """Another launcher runs from this state directory."""


def describe(stack: LocalStack) -> dict[str, Any]:
    """Return what other commands need to find the stack."""
    return {
        "ready": stack.ready,
        "launcher_pid": os.getpid(),
        "api_url": stack.api_url,
        "engine_url": stack.engine_url,
        "simulator_url": stack.simulator_url,
        "outputs": stack.outputs,
        "physical_ids": stack.physical_ids,
        "pids": {child.name: child.pid for child in stack.children},
    }


def publish(state: Path, description: dict[str, Any]) -> None:
    """Write dev.json, so that nobody ever reads half of it."""
    fresh = state / "dev.json.new"
    fresh.write_text(json.dumps(description, indent=2) + "\n")
    fresh.chmod(0o600)
    fresh.replace(state / "dev.json")


def find(state: Path = STATE) -> dict[str, Any] | None:
    """Return the description of the stack that serves from this directory, or None."""
    path = state / "dev.json"
    if not path.exists() or not _locked(state):
        return None
    description: dict[str, Any] = json.loads(path.read_text())
    return description if description["ready"] else None


@contextlib.contextmanager
def exclusively(state: Path) -> Iterator[None]:
    """Hold the directory until the end. Raise AlreadyRunning. The kernel lets go if this process dies."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        try:
            yield
        finally:
            (state / "dev.json").unlink(missing_ok=True)


def identity(state: Path) -> int | None:
    """Return the number of the directory's lock file, which another one does not have; None without one."""
    try:
        return (state / "lock").stat().st_ino
    except FileNotFoundError:
        return None


def sweep(state: Path) -> list[str]:
    """End what a crashed launcher left running; return the names of those processes."""
    path = state / "dev.json"
    if not path.exists():
        return []
    left = {
        name: pid
        for name, pid in json.loads(path.read_text())["pids"].items()
        if _is_ours(pid)  # numbers are given out again: never signal a stranger
    }
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        _wait_gone(list(left.values()), limits.ENGINE_STOP_S)
    path.unlink()
    return sorted(left)


def clean(state: Path) -> None:
    """Forget everything kept under the directory. Raise AlreadyRunning."""
    with exclusively(state):
        sweep(state)
    shutil.rmtree(state, ignore_errors=True)


def _locked(state: Path) -> bool:
    try:
        with (state / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def command_of(pid: int) -> str:
    """Return the command line of a living process; empty if there is none, or it is a zombie."""
    listing = Path("/proc")
    if (listing / "self").exists():
        try:
            return (listing / str(pid) / "cmdline").read_text().replace("\0", " ")
        except OSError:
            return ""
    asked = ("ps", "-p", str(pid), "-o", "stat=,command=")
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return "" if answer.startswith("Z") else answer


def _is_ours(pid: int) -> bool:
    """Whether the process is one that a launcher starts: a module of this project, leading its group."""
    try:
        leads = os.getpgid(pid) == pid
    except ProcessLookupError:
        return False
    command = command_of(pid)
    modules = any(f"-m {module}" in command for module in ("dev.", "sideband", "tests.integration"))
    return leads and (modules or ("-m uvicorn" in command and _works_on_a_function(pid)))


def _works_on_a_function(pid: int) -> bool:
    """Whether the process works in a function's directory of this checkout, as no stranger does."""
    try:
        directory = Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return False
    return directory.is_relative_to(ROOT / "functions")


def _wait_gone(pids: list[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_is_ours(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(limits.POLL_S)
