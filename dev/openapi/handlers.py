"""What a function's `app.py` says of itself: its use case, the status of its answer, who may ask."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel

from dev.openapi.routes import ROOT

WRAPPERS = {"endpoint": "principal", "relay_endpoint": "ticket", "public": "anybody"}
"""How handlers are made, and whom each kind admits."""
REPLIES = {"extraction_reply": (200, 202)}
"""Replies that choose between statuses."""


@dataclass(frozen=True)
class Handler:
    """A typed handler.

    `title` is the first sentence of its file, without the route; `reads_whole` says that the body as a whole
    is the one field of the request.
    """

    use_case: Callable[..., Any]
    request: type[BaseModel]
    answer: type[BaseModel]
    statuses: tuple[int, ...]
    admits: str
    title: str
    reads_whole: bool


def read_handler(code: str, root: Path = ROOT) -> Handler | None:
    """Return the handler of a function's folder; None if it is a web application of its own."""
    file = root / "functions" / code / "app.py"
    if not file.exists():
        return None
    tree = ast.parse(file.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            call = node.value
            if isinstance(call.func, ast.Name) and call.func.id in WRAPPERS:
                return _handler(call, call.func.id, ast.get_docstring(tree) or "")
    return None


def _handler(call: ast.Call, wrapper: str, docstring: str) -> Handler:
    assert isinstance(call.args[0], ast.Name)
    name = call.args[0].id
    use_case = getattr(import_module(f"switchboard.usecases.{name}"), name)
    hints = get_type_hints(use_case)
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    return Handler(
        use_case=use_case,
        request=hints["request"],
        answer=hints["return"],
        statuses=_statuses(wrapper, options),
        admits=WRAPPERS[wrapper],
        title=title_of(docstring),
        reads_whole="read" in options,
    )


def title_of(docstring: str) -> str:
    """Return the first sentence without the route before it, as a title."""
    first = docstring.partition("\n")[0].rstrip(".")
    words = first.partition(": ")[2] or first
    return words[:1].upper() + words[1:]


def _statuses(wrapper: str, options: dict[str | None, ast.expr]) -> tuple[int, ...]:
    reply = options.get("reply")
    if isinstance(reply, ast.Name) and reply.id in REPLIES:
        return REPLIES[reply.id]
    status = options.get("status")
    if isinstance(status, ast.Constant) and isinstance(status.value, int):
        return (status.value,)
    return (201,) if wrapper == "relay_endpoint" else (200,)
