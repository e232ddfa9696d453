"""A caller's schema is made strict, or refused with the reason; an answer's citations are made item ids."""

from typing import Any

import pytest
from fastjsonschema import compile as compile_schema
from hypothesis import given
from hypothesis import strategies as st
from switchboard.domain import limits
from switchboard.domain.errors import InvalidRequest
from switchboard.domain.extraction import DEFAULT_SCHEMA, Evidence
from switchboard.domain.schema import answer_schema, finding_of, strict


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def problem_of(schema: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as caught:
        strict(schema)
    details = caught.value.details
    assert details is not None
    [problem] = details["fields"]
    assert problem["field"] == "schema"
    text: str = problem["problem"]
    return text


def test_every_object_is_closed_and_every_field_required() -> None:
    schema = strict(
        of(home=of(town={"type": "string"}), pets={"type": "array", "items": of(name={"type": "string"})})
    )
    assert (schema["additionalProperties"], schema["required"]) == (False, ["home", "pets"])
    home, pet = schema["properties"]["home"], schema["properties"]["pets"]["items"]
    assert (home["additionalProperties"], home["required"]) == (False, ["town"])
    assert (pet["additionalProperties"], pet["required"]) == (False, ["name"])


def test_a_field_that_was_optional_may_be_null_instead() -> None:
    schema = strict({**of(name={"type": "string"}, age={"type": "integer"}), "required": ["name"]})
    assert schema["properties"] == {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}}


@pytest.mark.parametrize(
    ("part", "nullable"),
    [
        ({"type": "null"}, {"type": "null"}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
    ],
)
def test_null_is_added_once_and_where_it_counts(part: dict[str, Any], nullable: dict[str, Any]) -> None:
    assert strict({**of(x=part), "required": []})["properties"]["x"] == nullable


def test_a_strict_schema_stays_as_it_is() -> None:
    assert strict(DEFAULT_SCHEMA) == DEFAULT_SCHEMA
    assert strict(strict(of(a={"type": "string"}))) == strict(of(a={"type": "string"}))


def test_what_only_describes_is_dropped() -> None:
    titled = {"$schema": "https://json-schema.org/x", "$id": "https://example.com/x", "title": "Person"}
    schema = strict({**titled, **of(a={"type": "string", "title": "A", "default": "x", "examples": ["y"]})})
    assert schema == strict(of(a={"type": "string"}))


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": ["a"]},
        {"type": ["object"], "properties": {"a": {"type": "string"}}},
        of(a={}),
        of(a="string"),
        of(a=None),
        of(a={"type": "text"}),
        of(a={"type": []}),
        of(a={"type": [["string"]]}),
        of(a={"type": {"string": 1}}),
        of(a={"type": "array"}),
        of(a={"type": "array", "items": [{"type": "string"}]}),
        of(a={"type": "object"}),
        of(a={"type": "object", "additionalProperties": {"type": "string"}}),
        of(a={"anyOf": []}),
        of(a={"anyOf": "string"}),
        of(a={"anyOf": [{"type": "string"}, 1]}),
        of(a={"enum": []}),
        of(a={"enum": "abc"}),
        of(a={"enum": [{"deep": 1}]}),
        of(a={"type": "string", "description": 5}),
        of(a={"type": "number", "minimum": "1"}),
        of(a={"type": "number", "minimum": True}),
        of(a={"type": "number", "maximum": float("inf")}),
        of(a={"type": "array", "items": {"type": "string"}, "minItems": -1}),
        of(a={"type": "array", "items": {"type": "string"}, "maxItems": 1.5}),
        {**of(a={"type": "string"}), "required": "a"},
        {**of(a={"type": "string"}), "required": 5},
        {**of(a={"type": "string"}), "required": None},
        {**of(a={"type": "string"}), "required": [["a"]]},
        {**of(a={"type": "string"}), "required": ["b"]},
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(schema: dict[str, Any]) -> None:
    assert problem_of(schema)


@pytest.mark.parametrize(
    "keyword",
    [
        "$ref",
        "$defs",
        "allOf",
        "oneOf",
        "not",
        "if",
        "patternProperties",
        "pattern",
        "minLength",
        "format",
        "const",
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(keyword: str) -> None:
    assert f'"{keyword}"' in problem_of(of(a={"type": "string", keyword: "http://169.254.169.254/"}))
    assert f'"{keyword}"' in problem_of({**of(a={"type": "string"}), keyword: "x"})


def test_a_bound_may_be_any_whole_number() -> None:
    assert strict(of(a={"type": "integer", "maximum": 10**400}))


@pytest.mark.parametrize("name", ["", "x" * 65, 'a"b', "a\nb", "{a}", "a\\", "$a"])
def test_a_property_has_a_name_that_code_can_be_made_of(name: str) -> None:
    assert "properties" in problem_of(of(**{name: {"type": "string"}}))


def test_an_outsized_schema_is_refused() -> None:
    assert "bytes" in problem_of(of(**{f"field_{n}": {"type": "string"} for n in range(1000)}))


def test_a_schema_is_as_deep_as_allowed_and_no_deeper() -> None:
    def nested(levels: int) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string"}
        for _ in range(levels - 1):
            schema = of(a=schema)
        return schema

    assert strict(nested(limits.SCHEMA_DEPTH))
    assert "deeper" in problem_of(nested(limits.SCHEMA_DEPTH + 1))
    assert "deeper" in problem_of(nested(5000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYWORD = st.sampled_from(
    ["type", "properties", "required", "items", "enum", "anyOf", "minimum", "const", "$ref", "minItems"]
)
PART = st.recursive(
    JSON | st.sampled_from([{"type": "string"}, {"type": ["integer", "null"]}]),
    lambda inner: (
        st.dictionaries(KEYWORD, inner | st.sampled_from(["object", "array", "string"]), max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=10,
)


@given(PART, PART)
def test_whatever_is_sent_is_refused_or_becomes_a_schema_that_can_be_used(one: Any, two: Any) -> None:
    try:
        schema = strict({"type": "object", "properties": {"one": one, "two": two}})
    except InvalidRequest:
        return
    compile_schema(answer_schema(schema))


def test_the_answer_cites_only_fields_of_the_profile() -> None:
    check = compile_schema(answer_schema(strict(of(name={"type": "string"}))))
    check({"profile": {"name": "Ann"}, "evidence": [{"field": "name", "lines": [1]}]})
    wrong_answers: list[dict[str, Any]] = [
        {"profile": {"name": "Ann"}, "evidence": [{"field": "age", "lines": [1]}]},
        {"profile": {"name": "Ann", "age": 3}, "evidence": []},
        {"profile": {}, "evidence": []},
        {"profile": {"name": "Ann"}},
    ]
    for wrong in wrong_answers:
        with pytest.raises(ValueError, match="data"):
            check(wrong)


def test_cited_lines_become_item_ids() -> None:
    answer = {"profile": {"name": "Ann"}, "evidence": [{"field": "name", "lines": [2, 1]}]}
    finding = finding_of(answer, ["item_a", "item_b"])
    assert finding.profile == {"name": "Ann"}
    assert finding.evidence == (Evidence("name", ("item_b", "item_a")),)


def test_citations_of_lines_that_were_never_given_are_dropped() -> None:
    evidence = [{"field": "name", "lines": [0, -1, 3, 99, 1]}, {"field": "age", "lines": [7]}]
    finding = finding_of({"profile": {}, "evidence": evidence}, ["item_a", "item_b"])
    assert finding.evidence == (Evidence("name", ("item_a",)),)


def test_repeated_citations_count_once() -> None:
    evidence = [{"field": "name", "lines": [1, 1, 2]}, {"field": "name", "lines": [2, 1]}]
    finding = finding_of({"profile": {}, "evidence": evidence}, ["item_a", "item_b"])
    assert finding.evidence == (Evidence("name", ("item_a", "item_b")),)


def test_a_line_number_may_be_a_whole_float() -> None:
    finding = finding_of({"profile": {}, "evidence": [{"field": "name", "lines": [1.0]}]}, ["item_a"])
    assert finding.evidence == (Evidence("name", ("item_a",)),)
