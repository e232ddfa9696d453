"""Child processes: started in a group of their own, read line by line, stopped without leaving orphans."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev.engine import limits

LineSink = Callable[[str, str], None]
"""Called with the child's name and one line of its output, from a thread of its own."""


class ChildFailed(Exception):
    """A child process did not start, or ended by itself; the message carries its last lines."""


class Child:
    """One process of ours and everything that it starts."""

    def __init__(
        self, name: str, argv: Sequence[str], env: Mapping[str, str], cwd: Path, sink: LineSink
    ) -> None:
        self.name = name
        self._sink = sink
        self._tail: deque[str] = deque(maxlen=30)
        self._told = threading.Event()
        self._report: dict[str, Any] = {}
        self._process = subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,  # closed when this process dies: our own children watch it and leave
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._pump = threading.Thread(target=self._read, name=f"{name}-output", daemon=True)
        self._pump.start()

    @property
    def running(self) -> bool:
        """Whether the process itself still lives."""
        return self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """The exit status once it has ended; negative for a signal."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` holds. Raise ChildFailed if the process ends or the time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                self._pump.join(limits.CHILD_STOP_S)
                raise ChildFailed(f"{self.name} ended with status {self.returncode}:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.name} was not ready after {seconds:.0f} s:\n{self.last_lines()}")
            time.sleep(limits.POLL_S)

    def report(self, seconds: float) -> dict[str, Any]:
        """Return the first JSON line with a `url` that the process prints. Raise ChildFailed."""
        self.wait_until(self._told.is_set, seconds)
        return self._report

    def last_lines(self) -> str:
        """Return the end of its output."""
        return "\n".join(self._tail)

    def signal(self, number: int) -> None:
        """Send a signal to the process, not to what it started."""
        if self.running:
            self._process.send_signal(number)

    def stop(self, seconds: float) -> bool:
        """Ask it to leave, insist after `seconds`, and sweep up its group. True if it left by itself."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
            graceful = True
        except subprocess.TimeoutExpired:
            graceful = False
        self.kill()
        return graceful

    def kill(self) -> None:
        """Kill the process and everything in its group, and reap it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._pump.join(limits.CHILD_STOP_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        """Hand every line to the sink until the output ends."""
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            self._tail.append(line)
            if not self._told.is_set():
                self._look_for_report(line)
            self._sink(self.name, line)

    def _look_for_report(self, line: str) -> None:
        if line.startswith("{") and '"url"' in line:
            with contextlib.suppress(json.JSONDecodeError):
                self._report = json.loads(line)
                self._told.set()


def leave_with_parent() -> None:
    """End this process when the one that started it dies: its end of our standard input closes."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
