"""The transcript of a call: what was said, in order, whatever order the news of it came in."""

from .align import OWN
from .entry import from_entry, merge_entries, to_entry
from .fill import Report, fill
from .fold import fold
from .item import GAP, START, Item, Part, settled
from .offers import BROWSER, is_open
from .order import order
from .upkeep import changed, close, forget, mark_lost, missing, tear
from .usage import Usage, usage_of
from .value import Transcript

__all__ = [
    "BROWSER",
    "GAP",
    "OWN",
    "START",
    "Item",
    "Part",
    "Report",
    "Transcript",
    "Usage",
    "changed",
    "close",
    "fill",
    "fold",
    "forget",
    "from_entry",
    "is_open",
    "mark_lost",
    "merge_entries",
    "missing",
    "order",
    "settled",
    "tear",
    "to_entry",
    "usage_of",
]
