"""Plant one defect after another into the hosts, and see after how many histories the model finds it.

`python -m tests.unit.sideband_defects 300` explores at most so many for each; with names, only those defects.
"""

from __future__ import annotations

import io
import logging
import sys
from contextlib import redirect_stdout

from dev.chaos.plants import PLANTS
from tests.unit.sideband_model import EXPLORED, explore

STEPS = 40


def found_after(name: str, most: int) -> int | None:
    """Return how many histories were explored until the planted defect showed; None if it did not."""
    with PLANTS[name].planted(), redirect_stdout(io.StringIO()):
        try:
            explore(most, STEPS)
        except AssertionError:
            return EXPLORED["histories"]
        return None


def main() -> int:
    """Try every defect; return how many were not found."""
    logging.disable(logging.CRITICAL)  # the hosts tell of every trouble
    most, names = int(sys.argv[1]), sys.argv[2:] or list(PLANTS)
    missed = 0
    for name in names:
        after = found_after(name, most)
        missed += after is None
        verdict = f"not in {most} histories" if after is None else f"after {after} histories"
        sys.stdout.write(f"{PLANTS[name].what:<52}{verdict:>24}\n")
        sys.stdout.flush()
    return missed


if __name__ == "__main__":
    sys.exit(main())
