"""Read the configuration of server-side tools; whatever is wrong with it is told by tool and field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json import loads
from re import compile as pattern
from typing import Any
from urllib.parse import urlsplit

from switchboard.domain import limits
from switchboard.domain.network import is_local
from switchboard.domain.tool import (
    KINDS,
    HttpTarget,
    LambdaTarget,
    McpTarget,
    ServerTool,
    ServerTools,
    Target,
    size_of,
)
from switchboard.domain.tool_schema import BadSchema, require_known

NAME = pattern(r"[A-Za-z0-9_-]{1,64}")
HEADER = pattern(r"[A-Za-z0-9-]{1,64}")
FUNCTION = pattern(r"[A-Za-z0-9_:$-]{1,256}")
SECRET = pattern(r"\$\{([A-Za-z0-9_]{1,64})\}")
"""How a text names a secret."""
METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
OURS = ("x-switchboard-", "idempotency-key", "host", "content-")
"""How headers begin that are ours to set."""
SIGNING = "signing"
"""The secret that requests to HTTP targets are signed with."""
FIELDS = {"description", "parameters", "for", "timeout", "max_output"}
PLACES = ("http", "lambda", "mcp")


class BadTools(ValueError):
    """The configuration of the tools is wrong, and where."""


def read_tools(text: str) -> ServerTools:
    """Return the tools of a JSON object by name. Raise BadTools."""
    try:
        raw = loads(text)
    except ValueError as error:
        raise BadTools("the tools are not valid JSON") from error
    if not isinstance(raw, dict):
        raise BadTools("the tools must be a JSON object: name, and what the tool is")
    if len(raw) > limits.SERVER_TOOLS_MAX:
        raise BadTools(f"there are more than {limits.SERVER_TOOLS_MAX} tools")
    tools = ServerTools({name: _tool(name, entry) for name, entry in raw.items()})
    if size_of([tool.as_tool() for tool in tools.by_name.values()]) > limits.TOOLS_BYTES // 2:
        raise BadTools(
            f"all descriptions and parameters together are larger than {limits.TOOLS_BYTES // 2} bytes"
        )
    return tools


def secrets_of(tools: ServerTools) -> frozenset[str]:
    """Return the names of all secrets that the tools need."""
    found = {
        name
        for tool in tools.by_name.values()
        for text in _texts(tool.target)
        for name in SECRET.findall(text)
    }
    return frozenset(found | ({SIGNING} if tools.signs() else set()))


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text with the secrets that it names. Raise KeyError."""
    return SECRET.sub(lambda match: secrets[match[1]], text)


def _texts(target: Target) -> Iterator[str]:
    if isinstance(target, HttpTarget):
        yield from target.headers.values()
    elif isinstance(target, McpTarget):
        yield target.token


def _tool(name: str, entry: Any) -> ServerTool:
    if not NAME.fullmatch(name):
        raise BadTools(f"{name[:80]!r} is no name of a tool")
    if not isinstance(entry, dict):
        raise BadTools(f"tool {name}: must be an object")
    unknown = entry.keys() - FIELDS - {*PLACES}
    if unknown:
        raise BadTools(f"tool {name}: {min(unknown)[:40]!r} is not a field of a tool")
    places = [place for place in PLACES if place in entry]
    if len(places) != 1:
        raise BadTools(f"tool {name}: needs exactly one of {', '.join(PLACES)}")
    kinds = entry.get("for", ["user"])
    if not isinstance(kinds, list) or not kinds or set(map(str, kinds)) - {*KINDS}:
        raise BadTools(f"tool {name}: 'for' is a list of {', '.join(KINDS)}")
    return ServerTool(
        name=name,
        description=_text(name, "description", entry.get("description"), limits.TOOL_DESCRIPTION_CHARS),
        parameters=_parameters(name, entry.get("parameters", {"type": "object", "properties": {}})),
        target=TARGETS[places[0]](name, _object(name, places[0], entry[places[0]])),
        kinds=frozenset(kinds),
        seconds=_number(name, "timeout", entry.get("timeout", limits.TOOL_SECONDS), limits.TOOL_SECONDS_MAX),
        output_bytes=int(
            _number(
                name, "max_output", entry.get("max_output", limits.TOOL_OUTPUT_BYTES), limits.TOOL_OUTPUT_MAX
            )
        ),
    )


def _parameters(name: str, schema: Any) -> Mapping[str, Any]:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise BadTools(f"tool {name}: parameters must be a JSON schema of type object")
    try:
        require_known(schema)
    except BadSchema as error:
        raise BadTools(f"tool {name}: the schema of its parameters {error}") from error
    return schema


def _object(name: str, place: str, raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise BadTools(f"tool {name}: {place} must be an object")
    return raw


def _http(name: str, raw: Mapping[str, Any]) -> HttpTarget:
    _require_fields(name, "http", raw, {"url", "method", "headers"})
    method, headers = raw.get("method", "POST"), raw.get("headers", {})
    if method not in METHODS:
        raise BadTools(f"tool {name}: http.method is one of {', '.join(METHODS)}")
    if not isinstance(headers, dict):
        raise BadTools(f"tool {name}: http.headers must be an object")
    for header, value in headers.items():
        if not HEADER.fullmatch(header) or not isinstance(value, str) or not value.isprintable():
            raise BadTools(f"tool {name}: http.headers has something that is no header")
        if header.lower().startswith(OURS):
            raise BadTools(f"tool {name}: the header {header.lower()} is ours to set")
    return HttpTarget(_url(name, "http.url", raw.get("url")), method, dict(headers))


def _lambda(name: str, raw: Mapping[str, Any]) -> LambdaTarget:
    _require_fields(name, "lambda", raw, {"function"})
    function = _text(name, "lambda.function", raw.get("function"), 256)
    if not FUNCTION.fullmatch(function):
        raise BadTools(f"tool {name}: lambda.function is the ARN or the name of a function")
    return LambdaTarget(function)


def _mcp(name: str, raw: Mapping[str, Any]) -> McpTarget:
    _require_fields(name, "mcp", raw, {"url", "tool", "token"})
    token = raw.get("token", "")
    if not isinstance(token, str) or not token.isprintable():
        raise BadTools(f"tool {name}: mcp.token must be text, such as ${{name_of_a_secret}}")
    return McpTarget(
        _url(name, "mcp.url", raw.get("url")), _text(name, "mcp.tool", raw.get("tool", name), 128), token
    )


TARGETS: dict[str, Callable[[str, Mapping[str, Any]], Target]] = {
    "http": _http,
    "lambda": _lambda,
    "mcp": _mcp,
}


def _require_fields(name: str, place: str, raw: Mapping[str, Any], known: set[str]) -> None:
    unknown = raw.keys() - known
    if unknown:
        raise BadTools(f"tool {name}: {place} has no {min(unknown)[:40]!r}")


def _url(name: str, field: str, raw: Any) -> str:
    """Return an address that is safe to ask: over TLS, or on this machine. No argument ever changes it."""
    try:
        parts = urlsplit(raw if isinstance(raw, str) else "")
        host = parts.hostname or ""
    except ValueError:
        raise BadTools(f"tool {name}: {field} is no address") from None
    if not host or "@" in parts.netloc or parts.fragment:
        raise BadTools(f"tool {name}: {field} is no address without a user and a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local(host)):
        raise BadTools(f"tool {name}: {field} must begin with https://")
    return str(raw)


def _text(name: str, field: str, raw: Any, longest: int) -> str:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > longest:
        raise BadTools(f"tool {name}: {field} must be a text of {longest} characters at most")
    return raw


def _number(name: str, field: str, raw: Any, most: float) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw <= most:
        raise BadTools(f"tool {name}: {field} must be a number above 0 and up to {most:g}")
    return raw
