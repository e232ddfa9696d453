"""Reads a transcript by simple rules: what a person says of themselves, and on which line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = r"([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
_TRADE = r"([a-z][\w -]*?)(?= (?:and|at|in|from|who)\b|[,.!?]|$)"
_HINTS: tuple[tuple[str, str], ...] = (
    (r"e?_?mail", r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)"),
    (r"phone|telephone", r"(\+?\d[\d -]{6,}\d)"),
    (r"\bage\b", r"\b(\d{1,3}) years old"),
    (r"language", r"\bI (?:also )?speak ([A-Z]\w+)"),
    (r"company|employer|organi[sz]ation", rf"\bwork (?:at|for) (?:the )?{_NAME}"),
    (r"city|town|location|place|lives", rf"\b(?:live in|living in|based in|am from|come from) {_NAME}"),
    (r"job|occupation|profession|role|work", rf"\b(?:work as|am|I'm|I’m) an? {_TRADE}"),
    (r"goal|want|wish|need|looking|intent|objective", r"\b(?:want|would like|hope|need) to ([^.!?]+)"),
    (r"prefer|likes", r"\bI (?:prefer|like) (?!to )([^.!?]+)"),
    (r"name", rf"\b(?:my name is|my name's|call me|this is|I'm|I’m|I am) {_NAME}"),
)
_NUMBERED = re.compile(r"^\s*\[(\d+)\]")
_NOT_THE_PERSON = re.compile(
    r"^\W*(?:\d+\W+)?(?:\w+\W+)?(?:assistant|model|tool\b[^:]*|system)\s*:", re.IGNORECASE
)
_ITEM_ID = re.compile(r"\b(?:item|msg)_\w+")


@dataclass(frozen=True)
class Found:
    """A value, the number of the line it stands on, and the item id that the line names, if any."""

    value: str
    line: int
    item_id: str | None


class Reading:
    """A text, line by line. Lines numbered like `[3]` keep that number; others count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines()

    def find(self, name: str) -> list[Found]:
        """What the text says under a property's name, in order, each value once."""
        pattern = next((found for hint, found in _HINTS if re.search(hint, name, re.IGNORECASE)), None)
        if not name or pattern is None:
            return []
        return list({found.value: found for found in reversed([*self._hits(pattern)])}.values())[::-1]

    def item_ids(self) -> list[str]:
        """Every item id that the text names, in order, each once."""
        return list(dict.fromkeys(_ITEM_ID.findall(self.text)))

    def _hits(self, pattern: str) -> Iterator[Found]:
        for at, line in enumerate(self._lines, start=1):
            if _NOT_THE_PERSON.match(line):
                continue
            number = _NUMBERED.match(line)
            item_id = _ITEM_ID.search(line)
            for hit in re.finditer(pattern, line):
                yield Found(
                    hit.group(1).strip(),
                    int(number.group(1)) if number else at,
                    item_id.group(0) if item_id else None,
                )
