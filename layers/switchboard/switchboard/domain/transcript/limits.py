"""The bounds of one call's transcript in memory and in the journal, each with its reason."""

from typing import Final

# A spoken reply has at most 4096 tokens of about 4 characters. Longer words (a tool's output) are cut and
# the item says so. Four parts, arguments and output of this size fit in one 400 KB row in any script.
TEXT_MAX: Final = 16_384
PARTS_MAX: Final = 4

# Upstream ids have 20 to 40 characters; what is longer is not an id.
ID_MAX: Final = 128

# A call lasts an hour at most and an item a second is more than two people can say. Beyond it events of
# further items are refused and counted, so that a broken peer cannot eat the memory of the other calls.
ITEMS_MAX: Final = 4_096

# The same hour of items, remembered by 8 bytes each after the journal has them.
FORGOTTEN_MAX: Final = 4_096

# Words not yet final exist for the two speakers of the moment; the rest is room for calls in a fan of tools.
DRAFTS_MAX: Final = 64

# A response that broke off is remembered while late events of its items may still come: the next few turns.
BROKEN_MAX: Final = 16
