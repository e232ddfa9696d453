"""A host has its tools from the environment, or it says what is wrong and does not start."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Any

import pytest
from sideband.tool_wiring import tool_kit
from switchboard.bootstrap import Parts
from switchboard.domain.tool_config import BadTools

TOOL = {
    "description": "Tells the weather.",
    "http": {"url": "https://tools.example/w", "headers": {"authorization": "Bearer ${token}"}},
}


def parts(tmp_path: Path, tools: Any, **environ: str) -> Parts:
    """The parts of a host with these tools."""
    file = tmp_path / "tools.json"
    file.write_text(dumps(tools))
    given = {"TOOLS_FILE": str(file), "TABLE_NAME": "t", "AWS_REGION": "eu-central-1"}
    made = Parts({**given, **environ})
    made.table = object()  # type: ignore[assignment]  # nothing is asked of it here
    return made


def test_a_host_without_tools_has_none(tmp_path: Path) -> None:
    assert tool_kit(parts(tmp_path, {})).tools.by_name == {}
    assert Parts({}).server_tools.by_name == {}


def test_tools_are_there_when_their_secrets_are(tmp_path: Path) -> None:
    kit = tool_kit(parts(tmp_path, {"weather": TOOL}, TOOL_SECRETS='{"signing": "s", "token": "t"}'))
    assert set(kit.tools.by_name) == {"weather"}


@pytest.mark.parametrize("secrets", ["", '{"signing": "s"}', '{"token": "t"}'])
def test_a_missing_secret_is_named(tmp_path: Path, secrets: str) -> None:
    with pytest.raises(BadTools, match="there is no secret '"):
        tool_kit(parts(tmp_path, {"weather": TOOL}, TOOL_SECRETS=secrets))


@pytest.mark.parametrize("secrets", ["s", "[]", '{"signing": 7, "token": "t"}'])
def test_secrets_are_an_object_of_texts(tmp_path: Path, secrets: str) -> None:
    with pytest.raises(BadTools, match="JSON object of texts") as refused:
        tool_kit(parts(tmp_path, {"weather": TOOL}, TOOL_SECRETS=secrets))
    assert "7" not in str(refused.value)


def test_a_wrong_file_stops_the_host(tmp_path: Path) -> None:
    with pytest.raises(BadTools, match="tool weather"):
        tool_kit(parts(tmp_path, {"weather": {**TOOL, "timeout": 99}}))
    with pytest.raises(FileNotFoundError):
        tool_kit(Parts({"TOOLS_FILE": "nowhere.json"}))
