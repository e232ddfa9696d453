"""The house rules that no other tool holds: thin functions apart from each other, and no part missing."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from switchboard.bootstrap import Parts
from switchboard.domain import errors
from switchboard.edge import STATUSES

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "layers/switchboard/switchboard"
FUNCTIONS = sorted(path for path in (ROOT / "functions").iterdir() if any(path.glob("*.py")))
SPECIAL = {
    "agent": "one FastAPI application",
    "chatkit": "one Starlette application",
    "stream_transcript": "one Starlette application",
    "get_openapi": "answers a file, without the layer",
}
VERBS = [path.name for path in FUNCTIONS if path.name not in SPECIAL]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """The names of all modules that a file imports, wherever in it."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def use_case(verb: str) -> Any:
    return getattr(import_module(f"switchboard.usecases.{verb}"), verb)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda path: path.name)
def test_no_function_imports_another(function: Path) -> None:
    others = {path.name for path in FUNCTIONS} - {
        function.name,
        "chatkit",
    }  # the vendor's package has that name
    for path in function.rglob("*.py"):
        for module in imports(path):
            parts = module.split(".")
            assert parts[0] not in {"functions", "app", *others}


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_only_adapts(verb: str) -> None:
    docstring, *rest = tree(ROOT / "functions" / verb / "app.py").body
    assert isinstance(docstring, ast.Expr)
    *before, handler = rest
    assert all(isinstance(node, ast.ImportFrom) for node in before)
    assert isinstance(handler, ast.Assign)
    assert [ast.unparse(target) for target in handler.targets] == ["handler"]
    assert isinstance(handler.value, ast.Call)
    assert ast.unparse(handler.value.args[0]) == verb


@pytest.mark.parametrize("verb", VERBS)
def test_a_use_case_says_what_it_needs_and_bootstrap_has_it(verb: str) -> None:
    hints = get_type_hints(use_case(verb))
    if "deps" not in hints:
        assert verb == "preflight"  # asks nobody
        return
    needed = get_type_hints(hints["deps"])
    assert needed
    assert {name for name in needed if not hasattr(Parts, name)} == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_use_case_is_tested_by_name(verb: str) -> None:
    files = [*(ROOT / "tests/unit").glob("*.py"), *(ROOT / "tests/contract").glob("*.py")]
    assert any(f"switchboard.usecases.{verb}" in imports(path) for path in files)


def test_the_domain_imports_nothing_but_itself_and_the_standard_library() -> None:
    for path in (SHARED / "domain").rglob("*.py"):
        for module in imports(path):
            assert module.startswith("switchboard.domain") or module.split(".")[0] in sys.stdlib_module_names


def test_nobody_reads_the_clock_or_rolls_dice_in_domain_and_use_cases() -> None:
    forbidden = {
        "datetime.now",
        "datetime.utcnow",
        "time.time",
        "time.sleep",
        "uuid4",
        "token_hex",
        "os.getenv",
    }
    for folder in ("domain", "usecases"):
        for path in (SHARED / folder).rglob("*.py"):
            called = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
            assert not called & forbidden, path.name


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, errors.SwitchboardError)
    ]
    codes = [kind.code for kind in kinds]
    assert len(set(codes)) == len(codes)
    for kind in kinds:
        statuses = [status for known, status in STATUSES if issubclass(kind, known)]
        assert len(statuses) > 1 or kind in (errors.SwitchboardError, errors.LeaseLost)


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = set(re.findall(r"^[ │├└─]*(\w+)(?: |$)", errors.__doc__ or "", re.M)) - {"Everything"}
    assert drawn == {name for name, kind in vars(errors).items() if inspect.isclass(kind)} - {"Any"}
