"""CPU of choosing among a thousand stored turns, in a process that does nothing else."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import process_time

from switchboard.agent import Turn, limits
from switchboard.agent.selection import pack, select

ROUNDS, QUICK_ROUNDS = 50, 10


def main() -> None:
    """Print the figure."""
    chance = Random(1)
    size, many = limits.EMBEDDING_DIMENSIONS, limits.CONSIDERED_TURNS
    start = datetime(2026, 1, 1, tzinfo=UTC)
    turns = []
    for number in range(many):
        at = start + timedelta(seconds=number)
        vector = pack([chance.gauss(0, 1) for _ in range(size)])
        turns.append(Turn(f"turn_{number}", "query", "answer", "summary", at, vector=vector))
    spent = []
    for number in range(QUICK_ROUNDS if "--quick" in sys.argv else ROUNDS):
        began = process_time()
        select(turns, turns[number].vector, limits.CONTEXT_MESSAGES)
        spent.append(process_time() - began)
    figures = f"{median(spent) * 1000:.1f} ({min(spent) * 1000:.1f}) ms of CPU"
    print(f"Choosing {limits.CONTEXT_MESSAGES} of {many} turns by vectors of {size}: {figures}")


if __name__ == "__main__":
    main()
