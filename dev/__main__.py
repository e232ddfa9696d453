"""`python -m dev up` runs all of Switchboard on this machine; `python -m dev clean` forgets its state."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from dev.engine import parameters, running
from dev.engine.deploy import DeployFailed
from dev.engine.ports import PortTaken
from dev.engine.processes import ChildFailed
from dev.engine.server import ROOT, StateDamaged
from dev.engine.sideband import NoTask
from dev.engine.stack import LocalStack, Ports
from dev.engine.tools import ToolsWrong
from dev.log import MergedLog

HIGHEST_PORT = 65_535
LOOK_EVERY_S = 0.2
"""How soon a child's death is noticed: before a developer wonders."""


def main() -> int:
    """Read the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and show one log until Ctrl-C")
    up.add_argument("--port", type=_port, default=8787, help="port of the API's URL (default 8787)")
    up.add_argument("--simulator-port", type=_port, default=8788, help="default 8788")
    up.add_argument("--engine-port", type=_port, default=8789, help="default 8789")
    up.add_argument("--hosts", type=_count, default=1, help="sideband hosts to run (default 1)")
    up.add_argument("--project", type=Path, default=ROOT, help="directory of another template.yaml")
    for command in (up, commands.add_parser("clean", help="forget the state of all runs")):
        command.add_argument("--state", type=Path, default=running.STATE, help="default .switchboard")
    options = parser.parse_args()
    log = MergedLog()
    try:
        if options.command == "clean":
            running.clean(options.state)
            log.say(f"{options.state} is gone; the next start begins empty")
            return 0
        with running.exclusively(options.state):
            return _up(options, log)
    except running.AlreadyRunning:
        found = running.find(options.state)
        where = f" at {found['api_url']}" if found else ", it is just starting"
        log.say(f"another one runs from {options.state}{where}; stop it first")
    except PortTaken as taken:
        log.say(f"{taken}; stop that program or take other ports: .venv/bin/python -m dev up --help")
    except (ChildFailed, DeployFailed, NoTask, StateDamaged, ToolsWrong) as failure:
        log.say(f"could not start: {failure}")
    return 1


def _port(text: str) -> int:
    """Return the port. Raise ArgumentTypeError."""
    number = _count(text)
    if number > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 (any free one) to {HIGHEST_PORT}")
    return number


def _count(text: str) -> int:
    """Return the number. Raise ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return int(text)


def _up(options: argparse.Namespace, log: MergedLog) -> int:
    """Start, show, wait for a signal or a death, stop."""
    for name in running.sweep(options.state):
        log.say(f"an earlier run ended without stopping its {name}; stopped now")
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            signal.signal(number, lambda *_: _on_signal(asked_to_stop))
    stack = LocalStack(
        state_dir=options.state.resolve(),
        project=options.project.resolve(),
        ports=Ports(options.port, options.engine_port, options.simulator_port),
        simulator=not parameters.uses_real_upstream(),
        sideband_hosts=options.hosts,
        sink=log.line,
        narrate=lambda sentence: _tell(sentence, options.state, stack, log),
    )
    began = time.monotonic()
    try:
        with stack:
            running.publish(options.state, running.describe(stack))
            _welcome(stack, time.monotonic() - began, log)
            status = _watch(stack, options.state, asked_to_stop, log)
            log.say("stopping")
    except KeyboardInterrupt:
        log.say("stopped at once")
        return 130
    log.say("stopped")
    return status


def _tell(sentence: str, state: Path, stack: LocalStack, log: MergedLog) -> None:
    """Say what is being done, and note the processes so far, so that the next run can sweep up after us."""
    log.say(sentence)
    running.publish(state, running.describe(stack))


def _on_signal(asked_to_stop: threading.Event) -> None:
    """Ask for an orderly stop; while starting, or the second time, stop at once."""
    if asked_to_stop.is_set() or not _watching.is_set():
        raise KeyboardInterrupt
    asked_to_stop.set()


_watching = threading.Event()


def _watch(stack: LocalStack, state: Path, asked_to_stop: threading.Event, log: MergedLog) -> int:
    """Return 0 when asked to stop, 1 when a part has ended by itself or the state is gone."""
    _watching.set()
    lock = running.identity(state)
    while not asked_to_stop.wait(LOOK_EVERY_S):
        fallen = stack.fallen()
        if fallen is not None:
            log.say(f"{fallen.name} has ended by itself with status {fallen.returncode}")
            return 1
        if lock is None or running.identity(state) != lock:
            log.say(f"{state} has been deleted, and nothing can run without it; start again")
            return 1
    return 0


def _welcome(stack: LocalStack, seconds: float, log: MergedLog) -> None:
    """Say where it is, how long each part took, and what to try."""
    parts = ", ".join(f"{name} {took:.1f}" for name, took in stack.durations.items())
    log.say(f"ready in {seconds:.1f} s ({parts})")
    log.say(f"API        {stack.api_url}")
    log.say(f"console    {stack.api_url}/")
    log.say(f"upstream   {parameters.upstream_url(stack.simulator_url)}")
    for line in (
        "try:",
        f"  curl -s -X POST {stack.api_url}/session -H 'content-type: application/json' -d '{{}}'",
        f"  curl -s {stack.api_url}/session/SESSION_ID/transcript",
        "  make invoke FN=create_session      one function on its sample payload",
        "  make replay                        every sample payload against this API",
        "  Ctrl-C stops everything; the state stays in .switchboard (make clean-dev forgets it)",
    ):
        log.say(line)


if __name__ == "__main__":
    sys.exit(main())
