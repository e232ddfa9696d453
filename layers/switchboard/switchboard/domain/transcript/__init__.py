"""The transcript of a call: what was said, in order, whatever order the news of it came in."""

from .entry import from_entry, merge_entries, to_entry
from .fold import fold
from .item import GAP, START, Item, Part, settled
from .order import order
from .upkeep import changed, close, forget, mark_lost, missing, tear
from .usage import Usage, usage_of
from .value import Transcript

__all__ = [
    "GAP",
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
    "tear",
    "to_entry",
    "usage_of",
]
