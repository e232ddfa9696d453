"""Routes of web applications, which name no types where FastAPI looks: read from the code that answers them.

A route's function is the one whose docstring begins with the route, as in `POST /agent/query: …`: what it
validates is the request, what it answers the answer. Without such a function a route is shown without types.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dev.openapi.failures import responses
from dev.openapi.handlers import title_of
from dev.openapi.operations import SECURITY, family_of
from dev.openapi.raises import NEVER, Kind, every_error, raised_by
from dev.openapi.routes import ROOT, Route
from dev.openapi.samples import parameter_sample, sample_of
from dev.openapi.schemas import Schemas
from dev.openapi.streams import sample_stream

PACKAGES = ROOT / "layers" / "switchboard" / "switchboard"
CHATKIT = "/chatkit"
"""The route that speaks the whole ChatKit protocol: what goes in and out is the protocol's."""
ASKED: dict[str, Any] = {"type": "threads.list", "params": {"limit": 20, "order": "desc"}}
ANSWERED: dict[str, Any] = {"data": [], "has_more": False, "after": None}
FUNCTION_DEF = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Work:
    """What the code shows of a route: `headers` that it reads itself, the `use_case` that it leads to."""

    name: str
    docstring: str
    request: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    streams: bool = False
    headers: tuple[str, ...] = ()
    use_case: Callable[..., Any] | None = None
    may_be_empty: bool = False


def read_work(route: Route) -> Work:
    """Return what is found of the route in its application."""
    for file in _files(route.code):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, FUNCTION_DEF) and (ast.get_docstring(node) or "").startswith(
                f"{route.name}:"
            ):
                return _work(node, file)
    about = route.about
    return Work(re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"), about)


def operation(route: Route, work: Work, schemas: Schemas) -> dict[str, Any]:
    """Return the operation of a route of a web application."""
    inputs = _inputs(route, work, schemas)
    found = _errors(route.code) | (raised_by(work.use_case) if work.use_case else set())
    errors = responses(found, takes_input=True, carries_body=route.carries_body, admits="principal")
    nothing = (
        {"204": {"description": "There is nothing more, and never will be."}} if work.may_be_empty else {}
    )
    return {
        # An application's folder that is named after a verb answers one operation.
        "operationId": route.code if "_" in route.code else work.name,
        "tags": [family_of(route.path)],
        "summary": title_of(work.docstring),
        "description": work.docstring.partition(": ")[2] or work.docstring,
        **inputs,
        "responses": {str(work.status): _answer(work, schemas), **nothing, **errors},
        "security": SECURITY["chat" if route.path == CHATKIT else "principal"],
    }


def _files(code: str) -> Iterator[Path]:
    """Yield the files of an application: its folder's, and those of packages that only it uses."""
    folder = ROOT / "functions" / code
    own = sorted(folder.rglob("*.py"))
    yield from own
    names = {name for file in own for name in re.findall(r"from switchboard\.(\w+)", file.read_text("utf-8"))}
    for name in sorted(names):
        if (PACKAGES / name).is_dir() and name not in ("domain", "stores", "upstream", "usecases"):
            yield from sorted((PACKAGES / name).rglob("*.py"))


def _work(node: FUNCTION_DEF, file: Path) -> Work:
    module = _module(file)
    source = ast.unparse(node)
    request = re.search(r"validated\((\w+),", source)
    use_case = re.search(r"\.aside\((\w+), request,", source)
    answer = re.search(r"\.answer\((\w+)(?:\.of)?\(.*\)(?:, (\d+))?\)", source)
    verb = (
        re.sub(r"(?<=_)(session|history|query)$", r"agent_\1", node.name)
        if "agent" in file.parts
        else node.name
    )
    return Work(
        name=verb,
        docstring=ast.get_docstring(node) or "",
        request=getattr(module, request[1]) if request else None,
        answer=getattr(module, answer[1], None) if answer else None,
        status=int(answer[2] or 200) if answer else 200,
        streams="EventStream" in source,
        headers=tuple(re.findall(r":= http\.headers\.get\('([\w-]+)'\)", source)),
        use_case=getattr(module, use_case[1]) if use_case else None,
        may_be_empty="Response(None, 204" in source,
    )


def _module(file: Path) -> Any:
    if PACKAGES in file.parents:
        return import_module(".".join(file.relative_to(PACKAGES.parent).with_suffix("").parts))
    folder = ROOT / "functions" / file.relative_to(ROOT / "functions").parts[0]
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return import_module(".".join(file.relative_to(folder).with_suffix("").parts))


def _errors(code: str) -> set[Kind]:
    called = {
        node.func.id
        for file in _files(code)
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return {kind for name, kind in every_error().items() if name in called} - NEVER


def _inputs(route: Route, work: Work, schemas: Schemas) -> dict[str, Any]:
    if work.request is None:
        asked = {"application/json": {"schema": {"type": "object"}, "example": ASKED}}
        return {} if work.answer else {"requestBody": {"required": True, "content": asked}}
    schema = schemas.resolved((work.request, "validation"))
    if route.method == "POST":
        whole = schemas[work.request, "validation"]
        content = {"schema": whole, "example": sample_of(schema, schemas.components)}
        return {"requestBody": {"required": True, "content": {"application/json": content}}}
    needed = schema.get("required", [])
    return {
        "parameters": [
            {
                "name": name,
                "in": "path" if name in route.parameters else "query",
                "required": name in needed,
                "schema": field,
                "example": parameter_sample(route.path, name),
            }
            for name, field in schema["properties"].items()
        ]
        + [
            {
                "name": name,
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "example": parameter_sample(route.path, name),
            }
            for name in work.headers
        ]
    }


def _answer(work: Work, schemas: Schemas) -> dict[str, Any]:
    if work.streams:
        content: dict[str, Any] = {"schema": {"type": "string"}, "example": sample_stream(work.name)}
        return {"description": "Events, as they come.", "content": {"text/event-stream": content}}
    if work.answer is None:
        told: dict[str, Any] = {"schema": {"type": "object"}, "example": ANSWERED}
        spoken = {"schema": {"type": "string"}, "example": sample_stream(work.name)}
        both = {"application/json": told, "text/event-stream": spoken}
        return {"description": "What the protocol answers, at once or as it comes.", "content": both}
    schema = schemas[work.answer, "serialization"]
    content = {"schema": schema, "example": sample_of(schema, schemas.components)}
    return {"description": "Done.", "content": {"application/json": content}}
