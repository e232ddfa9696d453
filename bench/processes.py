"""Processes of the benchmarks: started, asked line by line, and gone at the end of the block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATHS = list(map(str, (ROOT, ROOT / "services", ROOT / "layers" / "switchboard")))
"""Where the code is that is measured."""
NOTHING: Mapping[str, str] = {}


@contextmanager
def running(
    module: str, *arguments: str, environment: Mapping[str, str] = NOTHING
) -> Iterator[subprocess.Popen[str]]:
    """Run a module of ours until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[str], word: str = "") -> dict[str, Any]:
    """Say a line; return the JSON of the answer."""
    say(process, word)
    answer: dict[str, Any] = json.loads(line(process))
    return answer


def say(process: subprocess.Popen[str], word: str = "") -> None:
    """Say a line."""
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def line(process: subprocess.Popen[str]) -> str:
    """Return the next line that it prints. Raise RuntimeError if there is none."""
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise RuntimeError("a process of the benchmark ended early; its error is above")
    return said.strip()


def expect(process: subprocess.Popen[str], word: str) -> None:
    """Read a line. Raise RuntimeError if it is another."""
    if (said := line(process)) != word:
        raise RuntimeError(f"expected {word}, got {said}")
