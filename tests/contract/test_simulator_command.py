"""The command line: it says where it listens, takes its files, and stops when told."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from dev.simulator.__main__ import configured
from dev.simulator.caller import Caller
from dev.simulator.errors import BadScript

ROOT = Path(__file__).parents[2]


async def test_the_command_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    ready, talk = tmp_path / "url", tmp_path / "talk.yaml"
    talk.write_text("name: talk\nsteps: [{user: Hi.}]\n", encoding="utf-8")
    command = [sys.executable, "-m", "dev.simulator", "--port", "0"]
    options = ["--ready-file", str(ready), "--script", str(talk)]
    process = await asyncio.create_subprocess_exec(
        *command, *options, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            said = json.loads(await process.stdout.readline())
        assert ready.read_text(encoding="utf-8") == said["url"]
        async with Caller(said["url"]) as caller:
            assert (await caller.control("GET", "scripts"))["default"] == "talk"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def test_a_script_file_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text("steps: [{sing: La.}]\n", encoding="utf-8")
    with pytest.raises(BadScript):
        configured(["--script", str(odd)])
