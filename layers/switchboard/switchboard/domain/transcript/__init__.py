"""The transcript of a call: what was said, in order, whatever order the news of it came in."""

from .entry import from_entry, merge_entries, to_entry
from .fold import fold
from .item import START, Item, Part, settled
from .order import order
from .upkeep import changed, close, forget, mark_lost, missing
from .usage import Usage, usage_of
from .value import Transcript

__all__ = [
    "START",
    "Item",
    "Part",
    "Transcript",
    "Usage",
    "changed",
    "close",
    "fold",
    "forget",
    "from_entry",
    "mark_lost",
    "merge_entries",
    "missing",
    "order",
    "settled",
    "to_entry",
    "usage_of",
]
