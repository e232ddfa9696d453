"""The items of one session in their order, and the events that tell of them. No I/O, no time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dev.simulator import limits
from dev.simulator.chance import Chance
from dev.simulator.errors import EventRefused
from dev.simulator.wire import Json

Emit = Callable[[Json], None]
_END = "\0end"
_SILENCE = "AAAAAAAAAAAAAAAAAAAAAA=="  # a little PCM16 silence, base64


@dataclass
class Item:
    """An item as the wire shows it, and what the wire does not show."""

    body: Json
    spoken: str | None = None  # the words truly said, whether or not they were transcribed
    transcription: str | None = None  # pending, completed or failed
    truncated_at_ms: int | None = None
    by_model: bool = field(default=False)


class Conversation:
    """One default conversation: lineage as upstream reports it, its known fault included."""

    def __init__(self, chance: Chance, emit: Emit) -> None:
        self.id = chance.id("conv")
        self._chance = chance
        self._emit = emit
        self._order: list[str] = []
        self._items: dict[str, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter([self._items[item_id] for item_id in self._order])

    def __len__(self) -> int:
        return len(self._order)

    @property
    def last_id(self) -> str | None:
        return self._order[-1] if self._order else None

    def find(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    def previous(self, item_id: str) -> str | None:
        at = self._order.index(item_id)
        return self._order[at - 1] if at else None

    def insert(self, item: Item, after: str | None = _END) -> Item:
        """Place an item silently: at the end, after another item, or first for `root`."""
        body = item.body
        if len(self._order) >= limits.MAX_ITEMS:
            raise EventRefused("invalid_value", f"A conversation holds at most {limits.MAX_ITEMS} items.")
        if body["id"] in self._items:
            raise EventRefused(
                "item_create_duplicate_item_id", f"Item '{body['id']}' already exists.", "item.id"
            )
        if after is None or after == _END:
            self._order.append(body["id"])
        elif after == "root":
            self._order.insert(0, body["id"])
        elif after in self._items:
            self._order.insert(self._order.index(after) + 1, body["id"])
        else:
            raise EventRefused(
                "item_create_invalid_previous_item_id",
                f"Previous item '{after}' does not exist.",
                "previous_item_id",
            )
        self._items[body["id"]] = item
        return item

    def tell_added(self, item: Item) -> None:
        previous = self.previous(item.body["id"])
        self._emit({"type": "conversation.item.added", "previous_item_id": previous, "item": dict(item.body)})

    def tell_done(self, item: Item) -> None:
        """Upstream's fault kept: a model item right after the very first item names no predecessor."""
        previous = self.previous(item.body["id"])
        if item.by_model and previous == self._order[0]:
            previous = None
        self._emit({"type": "conversation.item.done", "previous_item_id": previous, "item": dict(item.body)})

    def add(self, item: Item, after: str | None = _END) -> Item:
        """Place a finished item: `added` and `done` at once."""
        self.insert(item, after)
        self.tell_added(item)
        self.tell_done(item)
        return item

    def delete(self, item_id: str) -> None:
        if self._items.pop(item_id, None) is None:
            raise _missing("delete", item_id)
        self._order.remove(item_id)
        self._emit({"type": "conversation.item.deleted", "item_id": item_id})

    def truncate(self, item_id: str, audio_end_ms: int, content_index: int = 0) -> None:
        """Forget what was not heard; the server keeps no transcript of a truncated item."""
        item = self._items.get(item_id)
        if item is None:
            raise _missing("truncate", item_id)
        if item.body.get("role") != "assistant" or item.body["type"] != "message":
            raise EventRefused(
                "invalid_value", "Only model output audio messages can be truncated.", "item_id"
            )
        item.truncated_at_ms = audio_end_ms
        self._emit(
            {
                "type": "conversation.item.truncated",
                "item_id": item_id,
                "content_index": content_index,
                "audio_end_ms": audio_end_ms,
            }
        )

    def retrieve(self, item_id: str) -> Json:
        """The `retrieved` event: audio parts carry audio, truncated ones no transcript."""
        item = self._items.get(item_id)
        if item is None:
            raise _missing("retrieve", item_id)
        body = dict(item.body)
        parts: list[Json] = []
        for part in body.get("content", []):
            if "audio" in part["type"]:
                kept = None if item.truncated_at_ms is not None else part.get("transcript")
                parts.append({"type": part["type"], "transcript": kept, "audio": _SILENCE})
            else:
                parts.append(part)
        if "content" in body:
            body["content"] = parts
        return {"type": "conversation.item.retrieved", "item": body}

    def text_so_far(self) -> str:
        """Every word of the conversation, one item a line; what answer rules look at."""
        return "\n".join(filter(None, map(words, self)))


def words(item: Item) -> str:
    """The words of an item, or an empty string."""
    body = item.body
    if body["type"] == "function_call_output":
        return str(body["output"])
    parts = (part.get("text") or part.get("transcript") or "" for part in body.get("content", []))
    return " ".join(filter(None, parts)) or item.spoken or ""


def _missing(verb: str, item_id: str) -> EventRefused:
    return EventRefused(
        f"item_{verb}_invalid_item_id",
        f"Error {verb[:-1] if verb.endswith('e') else verb}ing item: "
        f"item with item_id '{item_id}' does not exist.",
        "item_id",
    )
