"""Refuse tools that no host could run before anything is started: what is wrong with them is one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.engine import server
from dev.engine.cloudformation import REGION, Template

PACKED = Path("layers/switchboard/switchboard")
"""Where the file lies, seen from the project; the name of one elsewhere begins with a slash."""
NONE = "{}"


class ToolsWrong(Exception):
    """No host could run the tools that are configured; the message says which file it is, and why."""


def require(project: Path, template: Template, values: Mapping[str, str]) -> None:
    """Return if hosts can run the tools that these parameters configure, or none are. Raise ToolsWrong."""
    declared = template.get("Parameters", {}).get("ToolsFile")
    if declared is None:
        return
    file = project / PACKED / values.get("ToolsFile", declared["Default"])
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ToolsWrong(f"{file} cannot be read: {problem}") from problem
    if text.strip() != NONE and (why := _why_not(project, file, values.get("ToolSecrets", ""))):
        raise ToolsWrong(f"{file}: {why}")


def _why_not(project: Path, file: Path, secrets: str) -> str:
    """Return what a host has against the tools; a process of its own, with its packages, knows it."""
    packages = (server.ROOT, project / "layers" / "switchboard", project / "services")
    environment = {
        **server.base_environment(),
        "PYTHONPATH": ":".join(map(str, packages)),
        "TOOLS_FILE": str(file),
        "TOOL_SECRETS": secrets,
        "TABLE_NAME": "none",  # nobody asks it
        "AWS_REGION": REGION,
    }
    ran = subprocess.run(
        [sys.executable, "-m", "dev.tools"],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stderr.strip() if ran.returncode else ""
