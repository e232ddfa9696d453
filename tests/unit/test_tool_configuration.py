"""The configuration of tools is refused with a reason before it can do harm, and says what it means."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest
from switchboard.domain import limits
from switchboard.domain.principal import Guest, Service, User
from switchboard.domain.tool import HttpTarget, LambdaTarget, McpTarget, with_granted
from switchboard.domain.tool_config import BadTools, read_tools, secrets_of, with_secrets
from switchboard.domain.tool_schema import misfit
from switchboard.parts.packed import PACKED

HTTP = {"url": "https://tools.example/weather"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(**fields: Any) -> dict[str, Any]:
    """One good tool, with these fields instead."""
    return {"description": "Tells the weather.", "parameters": CITY, "http": HTTP, **fields}


def read(**fields: Any) -> Any:
    return read_tools(dumps({"weather": {k: v for k, v in tool(**fields).items() if v is not None}}))


def test_a_tool_takes_five_lines() -> None:
    found = read().by_name["weather"]
    assert found.target == HttpTarget("https://tools.example/weather")
    assert (found.kinds, found.seconds, found.output_bytes) == ({"user"}, 10, 8192)
    assert found.as_tool() == {
        "type": "function",
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": CITY,
    }


def test_every_target_can_be_written_down() -> None:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:book:live"
    assert read(http=None, **{"lambda": {"function": arn}}).by_name["weather"].target == LambdaTarget(arn)
    server = {"url": "https://tools.example/mcp", "tool": "search", "token": "${docs}"}
    assert read(http=None, mcp=server).by_name["weather"].target == McpTarget(*server.values())


def test_every_packed_file_can_be_read() -> None:
    files = sorted(PACKED.glob("tools*.json"))
    assert PACKED / "tools.json" in files
    for file in files:
        read_tools(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"http": None}, "exactly one of"),
        ({"mcp": {"url": "https://x.example"}}, "exactly one of"),
        ({"http": {"url": "http://tools.example/"}}, "must begin with https://"),
        ({"http": {"url": "http://127.0.0.1.tools.example/"}}, "must begin with https://"),
        ({"http": {"url": "https://user:key@tools.example/"}}, "no address"),
        ({"http": {"url": "file:///etc/passwd"}}, "no address"),
        ({"http": {"url": "https://"}}, "no address"),
        ({"http": {"url": "https://[bad"}}, "no address"),
        ({"http": {"url": 7}}, "no address"),
        ({"http": {**HTTP, "method": "TRACE"}}, "http.method"),
        ({"http": {**HTTP, "retries": 3}}, "http has no 'retries'"),
        ({"http": {**HTTP, "headers": {"X-Switchboard-Context": "forged"}}}, "is ours to set"),
        ({"http": {**HTTP, "headers": {"a": "b\r\nx-forged: 1"}}}, "no header"),
        ({"http": "https://tools.example"}, "must be an object"),
        ({"http": None, "lambda": {"function": "no such thing!"}}, "lambda.function"),
        ({"parameters": {"type": "string"}}, "type object"),
        ({"parameters": {"type": "object", "properties": {"a": {"pattern": "(a+)+$"}}}}, '"pattern"'),
        ({"parameters": {"type": "object", "$ref": "https://x.example"}}, '"$ref"'),
        ({"parameters": {"type": "object", "properties": {"a": {"type": "text"}}}}, '"type"'),
        ({"description": ""}, "description"),
        ({"description": None}, "description"),
        ({"timeout": 31}, "timeout must be a number above 0 and up to 30"),
        ({"timeout": True}, "timeout"),
        ({"max_output": 1_000_000}, "max_output"),
        ({"for": ["everybody"]}, "'for' is a list of user, guest, service"),
        ({"for": []}, "'for'"),
        ({"secret": "sk-1"}, "'secret' is not a field"),
    ],
)
def test_what_is_wrong_is_told_by_tool_and_field(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(BadTools, match="tool weather") as refused:
        read(**fields)
    assert why in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"bad name": {}}', '{"a": 1}'])
def test_what_is_no_configuration_at_all_is_refused(text: str) -> None:
    with pytest.raises(BadTools):
        read_tools(text)


def test_there_are_so_many_tools_at_most() -> None:
    with pytest.raises(BadTools, match="more than 32"):
        read_tools(dumps({f"tool_{n}": tool() for n in range(limits.SERVER_TOOLS_MAX + 1)}))
    with pytest.raises(BadTools, match="larger than"):
        read_tools(dumps({f"tool_{n}": tool(description="x" * 4000) for n in range(10)}))


def test_everybody_is_given_their_own() -> None:
    tools = read_tools(
        dumps(
            {
                "anybody": tool(**{"for": ["user", "guest", "service"]}),
                "users": tool(),
                "servers": tool(**{"for": ["service"]}),
            }
        )
    )

    def given(principal: Any) -> list[str]:
        return [each["name"] for each in tools.granted(principal) or []]

    assert given(User("u")) == ["anybody", "users"]
    assert given(Guest("g")) == ["anybody"]
    assert given(Service("s")) == ["anybody", "servers"]
    assert read().granted(Guest("g")) is None


def test_secrets_are_named_and_put_in_their_place() -> None:
    tools = read(http={**HTTP, "headers": {"authorization": "Bearer ${weather_token}"}})
    assert secrets_of(tools) == {"weather_token", "signing"}
    assert with_secrets("Bearer ${weather_token}", {"weather_token": "t"}) == "Bearer t"
    with pytest.raises(KeyError):
        with_secrets("${other}", {})
    assert secrets_of(read(http=None, **{"lambda": {"function": "book"}})) == frozenset()


def test_a_granted_tool_wins_over_another_of_its_name() -> None:
    ours, theirs, other = {"name": "a", "by": "us"}, {"name": "a", "by": "them"}, {"name": "b"}
    assert with_granted([ours], [theirs, other]) == [ours, other]
    assert with_granted([ours], None) == [ours]
    assert with_granted(None, None) is None
    assert with_granted(None, []) == []


SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "minimum": 1, "exclusiveMaximum": 5},
        "kind": {"enum": ["a", 1, None]},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 2}, "maxItems": 2},
        "deep": {"type": "object", "properties": {"x": {"const": True}}, "additionalProperties": False},
        "either": {"anyOf": [{"type": "string"}, {"type": ["number", "null"]}]},
    },
    "additionalProperties": {"type": "boolean"},
}


@pytest.mark.parametrize(
    "value",
    [
        *({}, {"n": 1}, {"n": 4.0}, {"kind": None}, {"kind": 1}, {"tags": ["ab", ""]}, {"deep": {"x": True}}),
        *({"either": None}, {"either": "s"}, {"either": 0.5}, {"other": False}),
    ],
)
def test_arguments_that_fit_are_let_through(value: Any) -> None:
    assert misfit(SCHEMA, value) is None


@pytest.mark.parametrize(
    ("value", "place"),
    [
        *(
            ([], "the arguments"),
            (None, "the arguments"),
            ({"n": 0}, "n"),
            ({"n": 5}, "n"),
            ({"n": 1.5}, "n"),
        ),
        *(
            ({"n": True}, "n"),
            ({"kind": True}, "kind"),
            ({"kind": "b"}, "kind"),
            ({"tags": ["abc"]}, "tags.0"),
        ),
        *(({"tags": ["a"] * 3}, "tags"), ({"deep": {"x": 1}}, "deep.x"), ({"deep": {"y": 1}}, "deep")),
        *(({"either": []}, "either"), ({"other": 1}, "other"), ({"n": float("inf")}, "n")),
    ],
)
def test_arguments_that_do_not_fit_are_told_where(value: Any, place: str) -> None:
    problem = misfit(SCHEMA, value)
    assert problem is not None
    assert problem.startswith(f"{place} ")
