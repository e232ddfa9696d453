"""Which errors a use case may end in: what its code names, and what the contracts of its ports say."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, get_type_hints

from switchboard.domain import errors
from switchboard.domain.errors import Conflict, LeaseLost, SwitchboardError, UpstreamError

Kind = type[SwitchboardError]
FAMILIES = {"UpstreamError": ("UpstreamRefused", "UpstreamBusy", "UpstreamUnavailable")}
"""Names that stand for all that come under them."""
NEVER = {SwitchboardError, Conflict, UpstreamError, LeaseLost}
"""What never reaches a caller under its own name: families, and what stays in the sideband."""


def every_error() -> dict[str, Kind]:
    """Return every error of the tree by its class name."""
    found = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
    return {name: kind for name, kind in found.items() if issubclass(kind, SwitchboardError)}


def raised_by(use_case: Callable[..., Any]) -> set[Kind]:
    """Return the errors that a use case may raise, as far as code and docstrings tell."""
    module = inspect.getmodule(use_case)
    assert module is not None
    ports = get_type_hints(get_type_hints(use_case)["deps"])
    names: set[str] = set()
    for visited in _modules(module, set()):
        tree = ast.parse(inspect.getsource(visited))
        names |= set(_named(tree))
        names |= {error for method in _methods(tree, ports, visited) for error in _told(method)}
    known = every_error()
    wanted = {each for name in names for each in FAMILIES.get(name, (name,))}
    return {known[name] for name in wanted if name in known} - NEVER


def _modules(module: ModuleType, seen: set[str]) -> Iterator[ModuleType]:
    """Yield the use case's module and those of the use cases whose functions and answers it borrows."""
    seen.add(module.__name__)
    yield module
    for value in list(vars(module).values()):
        home = inspect.getmodule(value) if inspect.isfunction(value) or inspect.isclass(value) else None
        if home and home.__name__.startswith("switchboard.usecases.") and home.__name__ not in seen:
            yield from _modules(home, seen)


def _named(tree: ast.AST) -> Iterator[str]:
    """Yield names of errors that the code makes, and that docstrings say are raised; not those it catches."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        if isinstance(node, ast.FunctionDef):
            yield from _in_words(ast.get_docstring(node) or "")


def _in_words(docstring: str) -> Iterator[str]:
    for sentence in re.findall(r"Raises? ([^.;]*)", docstring):
        yield from re.findall(r"\b[A-Z]\w+\b", sentence)


def _methods(tree: ast.AST, ports: dict[str, Any], module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Yield the methods that are called on `deps.<port>`, and on domain values by their name."""
    values = [value for value in vars(module).values() if inspect.isclass(value)]
    domain = [value for value in values if value.__module__.startswith("switchboard.domain.")]
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, owner = node.func.attr, node.func.value
        if isinstance(owner, ast.Attribute) and owner.attr in ports:
            owners = [ports[owner.attr]]
        else:
            owners = [kind for kind in domain if not getattr(kind, "_is_protocol", False)]
        for kind in owners:
            if inspect.isfunction(method := getattr(kind, name, None)):
                yield method


@cache
def _told(method: Callable[..., Any]) -> frozenset[str]:
    """Return the errors that a method names, and those of the methods that it calls on itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    names = set(_named(tree)) | {"Throttled"} if _is_port(method) else set(_named(tree))
    owner = getattr(inspect.getmodule(method), method.__qualname__.partition(".")[0], None)
    for called in re.findall(r"self\.(\w+)\(", inspect.getsource(method)):
        inner = getattr(owner, called, None)
        if inspect.isfunction(inner) and inner is not method:
            names |= _told(inner)
    return frozenset(names)


def _is_port(method: Callable[..., Any]) -> bool:
    owner = getattr(inspect.getmodule(method), method.__qualname__.partition(".")[0], None)
    return bool(getattr(owner, "_is_protocol", False))
