"""How busy this machine is, so that a figure of time can be told from a want of processors."""

from __future__ import annotations

from pathlib import Path

STAT = Path("/proc/stat")


class Machine:
    """Measures from its making until `busy` is asked."""

    def __init__(self) -> None:
        self._before = _ticks()

    def busy(self) -> str:
        """Return the share of all processors that was in use, such as `97%`; `unknown` without /proc."""
        if self._before is None or (after := _ticks()) is None:
            return "unknown"
        total, idle = (now - then for now, then in zip(after, self._before, strict=True))
        return f"{1 - idle / total:.0%}" if total else "unknown"


def _ticks() -> tuple[int, int] | None:
    """Return the ticks of all processors together: all, and those spent waiting."""
    try:
        fields = STAT.read_text().splitlines()[0].split()[1:]
    except OSError:
        return None
    ticks = [int(field) for field in fields[:8]]
    return sum(ticks), ticks[3] + ticks[4]
