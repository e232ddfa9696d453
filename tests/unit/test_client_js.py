"""The JavaScript client's own tests, run by Node where there is one; its types, held against its code."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.test_openapi import document

CLIENT = Path(__file__).parents[2] / "clients" / "js"
NODE = shutil.which("node")
TSC = Path(__file__).parents[1] / "browser" / "node_modules" / "typescript" / "bin" / "tsc"
STRICTLY = (
    *(
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--target",
        "es2022",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
    ),
    *("--lib", "es2022,dom,dom.iterable"),
)


@pytest.mark.skipif(NODE is None, reason="NODE IS NOT INSTALLED: the JavaScript client was not tested")
def test_the_clients_own_tests_pass() -> None:
    assert NODE is not None
    files = sorted(map(str, (CLIENT / "test").glob("*.test.js")))
    assert files
    ran = subprocess.run([NODE, "--test", *files], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]


@pytest.mark.skipif(NODE is None or not TSC.exists(), reason="`make browser` brings TypeScript")
def test_a_page_in_typescript_is_compiled_strictly() -> None:
    assert NODE is not None
    command = [NODE, str(TSC), *STRICTLY, str(CLIENT / "test" / "types.ts")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout


def declared(name: str) -> set[str]:
    """Return the members that the types promise of a class, without its constructor."""
    types = (CLIENT / "index.d.ts").read_text("utf-8")
    [body] = re.findall(rf"export class {name}\b[^{{]*{{(.*?)^}}", types, re.M | re.S)
    return set(re.findall(r"^  (?:readonly )?(\w+)[?(<:]", body, re.M)) - {"constructor"}


def written(*files: str) -> set[str]:
    """Return the public members that a class has in the code, those of what it extends among them."""
    code = "".join((CLIENT / "src" / file).read_text("utf-8") for file in files)
    methods = re.findall(r"^  (?:async )?(?:get )?(\w+)\([^\n]*\) {$", code, re.M)
    fields = re.findall(r"^    this\.(\w+) =", code, re.M)
    return {*methods, *fields} - {"constructor"}


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("VoiceSession", ["session.js", "reading.js", "emitter.js"]),
        ("Switchboard", ["switchboard.js"]),
        ("SwitchboardError", ["errors.js"]),
    ],
)
def test_the_types_promise_what_the_code_has_and_nothing_else(name: str, files: list[str]) -> None:
    assert declared(name) == written(*files) - {"name", "message", "emit"}


def fields_of(interface: str) -> set[str]:
    """Return the fields that the types promise of an interface; those of objects within it are left out."""
    types = (CLIENT / "index.d.ts").read_text("utf-8")
    [body] = re.findall(rf"export interface {interface} {{(.*?)^}}", types, re.M | re.S)
    return set(re.findall(r"^  (\w+)\??:", body, re.M))


@pytest.mark.parametrize(
    ("interface", "schema"),
    [
        ("CreateSession", "CreateSession"),
        ("FunctionTool", "FunctionTool"),
        ("TranscriptItem", "ItemAnswer"),
        ("Extraction", "ExtractionAnswer"),
        ("SessionRecord", "SessionAnswer"),
        ("CallRecord", "CallAnswer"),
    ],
)
def test_the_types_name_the_fields_that_the_api_does(interface: str, schema: str) -> None:
    known = set(document()["components"]["schemas"][schema]["properties"])
    assert fields_of(interface) == known


def test_the_client_needs_nothing_but_itself() -> None:
    imports = {
        found
        for file in [CLIENT / "index.js", *(CLIENT / "src").glob("*.js")]
        for found in re.findall(r'from "([^"]+)"', file.read_text("utf-8"))
    }
    assert imports
    assert all(name.startswith("./") for name in imports)
    assert "ependencies" not in (CLIENT / "package.json").read_text("utf-8")
