"""The bounds of one call's transcript in memory and in the journal, each with its reason."""

from typing import Final

# A spoken reply has at most 4096 tokens of about 4 characters. Longer words (a tool's output) are cut and
# the item says so. Four parts, arguments and output of this size fit in one 400 KB row in any script.
TEXT_MAX: Final = 16_384
PARTS_MAX: Final = 4

# Upstream ids have 20 to 40 characters; what is longer is not an id.
ID_MAX: Final = 128

# Items in memory: those that are unfinished, or not in the journal yet. One every two seconds of an hour
# that never ends is more than two people can leave open. Beyond it events of further items are refused and
# counted, so that a broken peer can eat neither the memory of the other calls nor, as each event looks
# through all items, their time.
ITEMS_MAX: Final = 2_048

# Characters of these items, several times what a host keeps for a table that refuses them. It is looked at
# only when one of more than a CROWD of items grows beyond a few sentences.
WORDS_MAX: Final = 4_000_000
CROWD: Final = 32
SENTENCES: Final = 512

# An hour with an item a second, remembered by 8 bytes each after the journal has them.
FORGOTTEN_MAX: Final = 4_096

# Words not yet final exist for the two speakers of the moment; the rest is room for calls in a fan of tools.
DRAFTS_MAX: Final = 64

# A response that broke off is remembered while late events of its items may still come: the next few turns.
BROKEN_MAX: Final = 16

# Usage of one event: more is a fault, and must not be billed. A call lasts an hour, and a model's window has
# some hundred thousand tokens.
SECONDS_MAX: Final = 86_400
TOKENS_MAX: Final = 10_000_000
