"""An instance of a JSON schema: filled from the words of the input where simple rules find something."""

import re
from typing import Any

from dev.simulator import limits
from dev.simulator.reading import Found, Reading
from dev.simulator.wire import Json

_CITES = re.compile(r"evidence|source|cite|citation|item_?ids?$|references?", re.IGNORECASE)
_MOST_ITEMS = 10  # values that an unbounded array takes from the text


def instance(schema: Json, text: str) -> Any:
    """A value that validates against the schema; strings come from `text` where a hint fits their name."""
    return _Filler(schema, text).value(schema, "", 0)


class _Filler:
    def __init__(self, root: Json, text: str) -> None:
        self._root = root
        self._reading = Reading(text)
        self._used: dict[str, list[Found]] = {}  # what was filled in, by property name

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
        """The properties that cite others come last: they tell where the others were found."""
        properties: Json = schema.get("properties") or {}
        names = list(properties if depth < limits.MAX_SCHEMA_DEPTH else schema.get("required", ()))
        values: Json = {}
        for name in sorted(names, key=lambda name: bool(_CITES.search(name))):
            values[name] = self.value(properties.get(name, {}), name, depth + 1)
        return {name: values[name] for name in names}

    def _array(self, schema: Json, name: str, depth: int) -> list[Any]:
        items: Json = self._resolved(schema.get("items") or {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST_ITEMS)
        if _CITES.search(name) and items.get("type") == "object":
            return self._citations(items)[:most]
        if items.get("type") == "string" and not items.get("enum"):
            found = self._reading.item_ids() if _CITES.search(name) else self._free(items, name)
            return [_fitted(items, one) for one in found[:most]] + [
                self._string(items, "", nullable=False)
            ] * (least - len(found))
        if depth >= limits.MAX_SCHEMA_DEPTH:
            least = 0
        return [self.value(items, name, depth + 1) for _ in range(least)]

    def _citations(self, items: Json) -> list[Json]:
        """One citation for each field that was filled: its name, and the lines or items it rests on."""
        parts: Json = {name: self._resolved(part) for name, part in (items.get("properties") or {}).items()}
        field = next((name for name, part in parts.items() if part.get("type") == "string"), None)
        places = next((name for name, part in parts.items() if part.get("type") == "array"), None)
        if field is None or places is None or set(items.get("required", ())) - {field, places}:
            return []
        by_line = self._resolved(parts[places].get("items") or {}).get("type") in ("integer", "number")
        cited: list[Json] = []
        for name, found in self._used.items():
            where = [one.line if by_line else one.item_id for one in found if by_line or one.item_id]
            if where and name in parts[field].get("enum", [name]):
                cited.append({field: name, places: list(dict.fromkeys(where))})
        return cited

    def _string(self, schema: Json, name: str, nullable: bool) -> str | None:
        found = self._free(schema, name)
        if not found and nullable:
            return None
        return _fitted(schema, found[0] if found else _FORMATS.get(schema.get("format", ""), ""))

    def _free(self, schema: Json, name: str) -> list[str]:
        """What the text says under this name, where a string may have any form."""
        return [] if schema.get("format") or schema.get("pattern") else self._taken(name)

    def _number(self, schema: Json, name: str, nullable: bool, *, whole: bool) -> float | None:
        found = [float(hit) for hit in self._taken(name) if hit.isdigit()]
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
        words = self._reading.text.lower()
        return next((one for one in allowed if isinstance(one, str) and one.lower() in words), allowed[0])

    def _taken(self, name: str) -> list[str]:
        """What the text says under this name; remembered, so that it can be cited."""
        found = self._reading.find(name)
        if found:
            self._used[name] = found
        return [one.value for one in found]

    def _resolved(self, schema: Json) -> Json:
        seen = 0
        while "$ref" in schema and seen < limits.MAX_SCHEMA_DEPTH:
            target: Any = self._root
            for step in schema["$ref"].lstrip("#").strip("/").split("/"):
                target = target.get(step, {}) if step and isinstance(target, dict) else target
            schema = {**target, **_without(schema, "$ref")}
            seen += 1
        return {word: value for word, value in schema.items() if value is not None or word == "const"}


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


def _fitted(schema: Json, text: str) -> str:
    """The text, as long as the schema wants it."""
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _without(schema: Json, name: str) -> Json:
    return {key: value for key, value in schema.items() if key != name}
