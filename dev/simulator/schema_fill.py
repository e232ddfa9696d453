"""An instance of a JSON schema: filled from the words of the input where simple rules find something."""

import re
from typing import Any

from dev.simulator import limits
from dev.simulator.wire import Json

_NAME = r"([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
_HINTS: tuple[tuple[str, str], ...] = (
    (r"e?_?mail", r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)"),
    (r"phone|telephone", r"(\+?\d[\d -]{6,}\d)"),
    (r"age\b", r"\b(\d{1,3}) years old"),
    (r"company|employer|organi[sz]ation", rf"\b(?:work (?:at|for)|at a company called) (?:the )?{_NAME}"),
    (r"city|town|location|place|lives", rf"\b(?:live in|living in|based in|am from|come from) {_NAME}"),
    (
        r"job|occupation|profession|role|work",
        r"\b(?:work as|am|I'm|I’m) an? ([a-z][\w -]*?)(?= (?:and|at|in|from)\b|[,.!?\n]|$)",
    ),
    (
        r"goal|want|wish|need|looking|intent|objective",
        r"\b(?:want to|would like to|like to|hope to|need to) ([^.!?\n]+)",
    ),
    (r"name", rf"\b(?:my name is|my name's|call me|this is) {_NAME}|\bI(?:'|’)?m {_NAME}|\bI am {_NAME}"),
)
_ITEM_ID = re.compile(r"\b(?:item|msg)_\w+|\b[a-z]+_[A-Za-z0-9]{12,}\b")
_CITES = re.compile(r"evidence|source|cite|item_?ids?$|references?", re.IGNORECASE)


def instance(schema: Json, text: str) -> Any:
    """A value that validates against the schema; strings come from `text` where a hint fits their name."""
    return _Filler(schema, text).value(schema, "", 0)


class _Filler:
    def __init__(self, root: Json, text: str) -> None:
        self._root = root
        self._text = text

    def value(self, schema: Json, name: str, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._chosen(schema["enum"])
        for group in ("anyOf", "oneOf"):
            if schema.get(group):
                return self._any_of(schema[group], name, depth)
        if schema.get("allOf"):
            return self.value({**schema["allOf"][0], **_without(schema, "allOf")}, name, depth)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        nullable = isinstance(kinds, list) and "null" in kinds
        kind = next((k for k in kinds if k != "null"), "null") if isinstance(kinds, list) else kinds
        return self._typed(kind, schema, name, depth, nullable)

    def _typed(self, kind: str, schema: Json, name: str, depth: int, nullable: bool) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "string":
            return self._string(schema, name, nullable)
        if kind in ("integer", "number"):
            return self._number(schema, name, nullable, whole=kind == "integer")
        return None if nullable or kind == "null" else False

    def _object(self, schema: Json, depth: int) -> Json:
        properties: Json = schema.get("properties") or {}
        required = schema.get("required", list(properties))
        names = properties if depth < limits.MAX_SCHEMA_DEPTH else required
        return {name: self.value(properties.get(name, {}), name, depth + 1) for name in names}

    def _array(self, schema: Json, name: str, depth: int) -> list[Any]:
        items: Json = self._resolved(schema.get("items") or {})
        least = schema.get("minItems", 0)
        if items.get("type") == "string" and not items.get("enum"):
            found = self._cited() if _CITES.search(name) else self._hinted(name)
            values = list(found)[: schema.get("maxItems", 3)]
            return values + [self._string(items, "", nullable=False)] * (least - len(values))
        if depth >= limits.MAX_SCHEMA_DEPTH:
            least = 0
        return [self.value(items, name, depth + 1) for _ in range(least)]

    def _string(self, schema: Json, name: str, nullable: bool) -> str | None:
        found = [] if schema.get("format") or schema.get("pattern") else self._hinted(name)
        if not found and nullable:
            return None
        text = found[0] if found else _FORMATS.get(schema.get("format", ""), "")
        text = text.ljust(schema.get("minLength", 0), "x")
        return text[: schema.get("maxLength", len(text))]

    def _number(self, schema: Json, name: str, nullable: bool, *, whole: bool) -> float | None:
        found = [float(hit) for hit in self._hinted(name) if hit.isdigit()]
        if not found and nullable:
            return None
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        number = found[0] if found else max(0, least)
        number = min(number, schema.get("maximum", number))
        return int(number) if whole else float(number)

    def _any_of(self, choices: list[Json], name: str, depth: int) -> Any:
        real = [choice for choice in choices if self._resolved(choice).get("type") != "null"]
        if not real:
            return None
        value = self.value(real[0], name, depth)
        empty = value in ("", [], 0)
        return None if empty and len(real) < len(choices) else value

    def _chosen(self, allowed: list[Any]) -> Any:
        words = self._text.lower()
        return next((one for one in allowed if isinstance(one, str) and one.lower() in words), allowed[0])

    def _hinted(self, name: str) -> list[str]:
        if not name:
            return []
        for hint, pattern in _HINTS:
            if re.search(hint, name, re.IGNORECASE):
                hits = re.finditer(pattern, self._text)
                return list(dict.fromkeys(next(filter(None, hit.groups())).strip() for hit in hits))
        return []

    def _cited(self) -> list[str]:
        return list(dict.fromkeys(_ITEM_ID.findall(self._text)))

    def _resolved(self, schema: Json) -> Json:
        seen = 0
        while "$ref" in schema and seen < limits.MAX_SCHEMA_DEPTH:
            target: Any = self._root
            for step in schema["$ref"].lstrip("#").strip("/").split("/"):
                target = target[step] if step else target
            schema = {**target, **_without(schema, "$ref")}
            seen += 1
        return schema


_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def _without(schema: Json, name: str) -> Json:
    return {key: value for key, value in schema.items() if key != name}
