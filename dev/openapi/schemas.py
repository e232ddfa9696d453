"""The models of requests and answers as JSON schemas, each once, under names of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Mode = Literal["validation", "serialization"]
Key = tuple[type[BaseModel], Mode]
Schema = dict[str, Any]
REF = "#/components/schemas/"
BOUNDS = {"ge": "minimum", "le": "maximum"}


class Schemas:
    """The schemas of all these models; `components` has them by name, `[key]` is the reference to one."""

    def __init__(self, keys: Iterable[Key]) -> None:
        wanted = list(dict.fromkeys(keys))
        refs, made = models_json_schema(wanted, ref_template=REF + "{model}")
        shorter = _shorter(made.get("$defs", {}))
        self.components: dict[str, Schema] = {
            shorter[name]: _standard(_renamed(schema, shorter))
            for name, schema in made.get("$defs", {}).items()
        }
        self._refs: dict[Key, Schema] = {key: _renamed(refs[key], shorter) for key in wanted}
        for model, mode in wanted:
            self._speak_outside(model, self.resolved((model, mode)))

    def __getitem__(self, key: Key) -> Schema:
        """Return a reference to the model's schema."""
        return self._refs[key]

    def resolved(self, key: Key) -> Schema:
        """Return the schema itself."""
        return self.components[self._refs[key]["$ref"].rpartition("/")[2]]

    def used_in(self, *parts: Any) -> dict[str, Schema]:
        """Return the components that these parts of a document refer to, and those that these refer to."""
        found: dict[str, Schema] = {}
        names = _names_in(parts)
        while names:
            fresh = {name: self.components[name] for name in names if name in self.components}
            found |= fresh
            names = _names_in(fresh) - found.keys() - {"Error"}
        return dict(sorted(found.items()))

    def _speak_outside(self, model: type[BaseModel], schema: Schema) -> None:
        """Let the description name fields as callers know them."""
        for name, field in model.model_fields.items():
            if field.alias and "description" in schema:
                schema["description"] = re.sub(rf"`{name}`", f"`{field.alias}`", schema["description"])


def _shorter(names: Iterable[str]) -> dict[str, str]:
    """Return short names for those that pydantic has made long because two models share one."""
    short: dict[str, str] = {}
    for name in names:
        package, _, own = name.rpartition("__")
        home = package.partition("__")[0]
        is_ours = not package or home == "switchboard"
        short[name] = own if is_ours else "".join(map(str.title, home.split("_"))) + own
    assert len(set(short.values())) == len(short), "two models of the package have one name"
    return short


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """Return the schema with its references renamed."""
    if isinstance(schema, dict):
        return {
            key: f"{REF}{names[value.removeprefix(REF)]}" if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def _standard(schema: Schema) -> Schema:
    """Return a model's schema without pydantic's own words, which it leaves behind validators of ours."""
    fields = schema.get("properties", {})
    said = {
        name: {BOUNDS.get(key, key): value for key, value in field.items()} for name, field in fields.items()
    }
    return {**schema, "properties": said} if fields else schema


def _names_in(part: Any) -> set[str]:
    return set(re.findall(rf'"{REF}([^"]+)"', json.dumps(part)))
