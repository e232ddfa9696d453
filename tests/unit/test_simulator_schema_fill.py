"""Instances of schemas, filled by simple rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dev.simulator.schema_fill import instance
from dev.simulator.wire import Json

TALK = """[1] user: Hello, my name is Ada.
[2] assistant: Hello Ada, I am Max and I live in London.
[3] user: I live in Lisbon and I want to learn Portuguese. (item_abc)
[4] user: My mail is ada@example.com, I am 36 years old."""

NAMES = st.sampled_from(["name", "city", "email", "age", "goals", "evidence", "mood", "x"])
LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 3, "maxLength": 5},
        {"type": "string", "format": "date-time"},
        {"type": ["string", "null"]},
        {"type": "string", "enum": ["b", "a"]},
        {"const": 7},
        {"type": "integer", "minimum": 5, "maximum": 9},
        {"type": ["number", "null"]},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "boolean"},
        {"type": "null"},
    ]
)


def _closed(properties: dict[str, Json]) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, max_size=4).map(_closed),
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least},
            inner,
            st.integers(0, 2),
        ),
        inner.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}),
    ),
    max_leaves=8,
)


@given(schema=SCHEMAS, text=st.sampled_from(["", "no words of interest", TALK]))
def test_every_instance_fits_its_schema(schema: Json, text: str) -> None:
    Draft202012Validator(schema).validate(instance(schema, text))


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("name", "string", "Ada"),
        ("home_city", "string", "Lisbon"),
        ("email", "string", "ada@example.com"),
        ("age", "integer", 36),
        ("unknown", "string", ""),
    ],
)
def test_a_value_is_taken_from_what_the_person_said(name: str, kind: str, value: Any) -> None:
    assert instance(_closed({name: {"type": kind}}), TALK) == {name: value}


def test_what_nobody_said_is_null_where_null_is_allowed() -> None:
    assert instance(_closed({"phone": {"type": ["string", "null"]}}), TALK) == {"phone": None}


def test_citations_name_the_lines_of_what_was_filled_in() -> None:
    citation = _closed(
        {
            "field": {"type": "string", "enum": ["name", "city", "phone"]},
            "lines": {"type": "array", "items": {"type": "integer"}},
        }
    )
    profile = _closed({name: {"type": ["string", "null"]} for name in ("name", "city", "phone")})
    schema = _closed({"evidence": {"type": "array", "items": citation}, "profile": profile})
    assert instance(schema, TALK)["evidence"] == [
        {"field": "name", "lines": [1]},
        {"field": "city", "lines": [3]},
    ]


def test_item_ids_are_cited_where_the_schema_asks_for_words() -> None:
    schema = _closed({"item_ids": {"type": "array", "items": {"type": "string"}}})
    assert instance(schema, TALK) == {"item_ids": ["item_abc"]}


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    tree = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    Draft202012Validator(tree).validate(instance(tree, ""))
