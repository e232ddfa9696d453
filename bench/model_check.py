"""Explore histories of hosts, calls and crashes in leaps of time, and tell how many there were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HISTORIES, QUICK_HISTORIES = 300, 30


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Explore in a process of its own. Raise CalledProcessError if a history breaks a promise."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "services", ROOT / "layers" / "switchboard")))
    histories = QUICK_HISTORIES if quick else HISTORIES
    subprocess.run(
        [sys.executable, "-m", "tests.unit.sideband_model", str(histories)],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        check=True,
    )
