"""Medians, minimums and plain tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from statistics import median


def ratio(values: Sequence[float], base: Sequence[float]) -> str:
    """Return median and minimum of `values` over those of `base`, as `1.23 (1.20)`.

    The minimum is the figure with the least of the machine's other work in it.
    """
    return f"{median(values) / median(base):.2f} ({min(values) / min(base):.2f})"


def milliseconds(values: Sequence[float]) -> str:
    """Return median and minimum of seconds as milliseconds: `310 (290)`."""
    return f"{median(values) * 1000:.0f} ({min(values) * 1000:.0f})"


def verdict(value: float, aim: float) -> str:
    """Return the figure, what it may be at most, and whether it is: `1.02 of 1.30 ok`."""
    return f"{value:.2f} of {aim:.2f} {'ok' if value <= aim else 'OVER'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Return an aligned table: the columns of `left` to the left, figures to the right."""
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])
