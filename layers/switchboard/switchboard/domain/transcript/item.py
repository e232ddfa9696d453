"""One utterance or tool call of a conversation: a frozen value and what may be said of it."""

from dataclasses import dataclass
from typing import Final, TypedDict

START: Final = "root"  # as a predecessor: the item opens the conversation
UNKNOWN: Final = "unknown"
GAP: Final = "gap"  # no item of the upstream's: here nobody listened, and something may have been said

BY_US: Final = "switchboard"  # the source of an output of a tool that a host has run

# How an item's predecessor became known; a later word never beats a better one.
NO_LINEAGE: Final = 0
OUTPUT_LINEAGE: Final = 1  # a response's output: its place is yet to be told, or guessed from the others'
DONE_LINEAGE: Final = 2  # from `.done`, which the upstream gets wrong for early items
ADDED_LINEAGE: Final = 3  # from `.added` or `committed`

# How far an item has come.
IN_PROGRESS: Final = 1
COMPLETED: Final = 2
INCOMPLETE: Final = 3  # the upstream itself called it incomplete; that is never unsaid

# What the words of a part are worth.
NO_WORDS: Final = 0
DRAFT: Final = 1
FAILED: Final = 2
FINAL: Final = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One content part: its place in the item, `text`, `audio` or `image`, and its words so far."""

    index: int
    medium: str = ""
    rank: int = NO_WORDS
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Everything known of one item; empty, zero and None mean "not known (yet)".

    `previous` is an item id, START, or None while unknown. `seq` counts arrivals within the call and only
    breaks ties. `heard_ms` is how much of its audio was played before it was interrupted. `ended` says that
    its response broke off or its call ended before it did, `clipped` that words were cut to the limit,
    `aside` that it belongs to a response outside the conversation, `amends` that it holds only what arrived
    after the item had been stored and forgotten. `tool_ms` is how long the tool ran whose output it is.
    """

    id: str
    seq: int = 0
    previous: str | None = None
    lineage: int = NO_LINEAGE
    kind: str = UNKNOWN
    role: str = ""
    parts: tuple[Part, ...] = ()
    progress: int = 0
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    error: str = ""
    phase: str = ""
    response_id: str = ""
    output_index: int | None = None
    audio_start_ms: int | None = None
    audio_end_ms: int | None = None
    heard_ms: int | None = None
    tool_ms: int | None = None
    interrupted: bool = False
    deleted: bool = False
    ended: bool = False
    lost: bool = False
    clipped: bool = False
    aside: bool = False
    amends: bool = False
    source: str = "sideband"

    @property
    def text(self) -> str:
        """The words of all parts; empty while nothing is known of them."""
        if len(self.parts) == 1:
            return self.parts[0].text
        return "\n".join(part.text for part in self.parts if part.text)

    @property
    def status(self) -> str:
        """One of in_progress, pending, completed, incomplete, interrupted, failed, untranscribed, lost."""
        if self.interrupted:
            return "interrupted"
        if self.lost and self.kind in (UNKNOWN, GAP):
            return "lost"
        if self.is_user_audio:
            return self._transcription()
        if self.error:
            return "failed"
        if self.progress == COMPLETED:
            return "completed"
        return "incomplete" if self.ended or self.progress == INCOMPLETE else "in_progress"

    @property
    def is_user_audio(self) -> bool:
        """True for words that must be transcribed to be read."""
        if self.role == "user":
            for part in self.parts:  # a loop, as `any` takes twice as long and this is asked most of all
                if part.medium == "audio":
                    return True
        return False

    @property
    def is_aside(self) -> bool:
        """True for the output of a response that the conversation never saw."""
        return self.aside and self.lineage <= OUTPUT_LINEAGE

    def _transcription(self) -> str:
        rank = min(part.rank for part in self.parts if part.medium == "audio")
        if rank == FINAL:
            return "completed"
        if rank == FAILED:
            return "failed"
        if self.ended:
            return "incomplete" if rank == DRAFT else "untranscribed"
        return "pending" if self.progress >= COMPLETED else "in_progress"


class Known(TypedDict, total=False):
    """What one piece of news says of an item, by field; of what it does not say there is no key."""

    previous: str
    lineage: int
    kind: str
    role: str
    parts: tuple[Part, ...]
    progress: int
    name: str
    call_id: str
    arguments: str
    output: str
    error: str
    phase: str
    response_id: str
    output_index: int
    audio_start_ms: int
    audio_end_ms: int
    heard_ms: int
    interrupted: bool
    deleted: bool
    ended: bool
    lost: bool
    clipped: bool
    aside: bool
    tool_ms: int
    source: str


News = tuple[str, Known]  # the item's id and what is now known of it


def settled(item: Item) -> bool:
    """True when nothing more is expected of the item (a late event may still add to it)."""
    if item.deleted or item.ended or item.amends:
        return True
    status = item.status
    if status in ("failed", "lost"):
        return True
    if item.is_user_audio:
        return status == "completed"
    return item.progress >= COMPLETED
