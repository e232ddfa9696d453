"""The JavaScript client's example, run as it is written in its README, against the whole system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import EVENTUALLY_S, House

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "js"
NODE = shutil.which("node")
TALK = {
    "name": "farewell",
    "steps": [
        {"user": "Hello, I am Ada."},
        {"assistant": "Hello Ada, and welcome."},
        {"user": "Goodbye."},
        {"pause": 60},
    ],
}


@pytest.fixture
def farewell(house: House) -> Iterator[None]:
    """Let every call play a short talk that ends with a farewell."""
    with house.simulator() as control:
        control.put("/scripts/farewell", json=TALK).raise_for_status()
        control.put("/scripts/default", json={"name": "farewell"}).raise_for_status()
        yield
        control.put("/scripts/default", json={"name": None}).raise_for_status()


def example() -> str:
    """Return the README's example, to the letter."""
    [code] = re.findall(r"```js\n(.*?)```", (CLIENT / "README.md").read_text("utf-8"), re.S)
    assert len(code.strip().splitlines()) <= 12
    return str(code)


@pytest.mark.skipif(NODE is None, reason="NODE IS NOT INSTALLED: the client's example was not run")
@pytest.mark.usefixtures("farewell")
def test_the_readmes_example_does_what_it_shows(house: House, tmp_path: Path) -> None:
    assert NODE is not None
    package = tmp_path / "node_modules" / "@switchboard"
    package.mkdir(parents=True)
    (package / "client").symlink_to(CLIENT)
    (tmp_path / "example.mjs").write_text(example(), "utf-8")
    ran = subprocess.run(
        [NODE, "--import", str(ROOT / "tests/e2e/page.mjs"), "example.mjs"],
        cwd=tmp_path,
        env={**os.environ, "API_URL": house.stack.api_url, "OFFER": str(ROOT / "dev/demo/offer.sdp")},
        capture_output=True,
        text=True,
        timeout=EVENTUALLY_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "state: connecting",
        "state: connected",
        "user: Hello, I am Ada.",
        "assistant: Hello Ada, and welcome.",
        "user: Goodbye.",
        "state: ended",
    ]
