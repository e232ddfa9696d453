"""`make console TO=directory [API=url]`: the console as static files, with the clients that it imports."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "console"
SETTINGS = "settings.json"
CLIENTS = {"clients/js": "clients/js", "clients/agent": "clients/agent"}
"""Where the page expects the clients, beneath itself, and where they are in the project."""
UNUSED = shutil.ignore_patterns("test", "*.test.js", "*.d.ts", "*.md", "package.json", "node_modules")
"""What of a client no page loads."""


def mounts(project: Path, prefix: str) -> dict[str, Path]:
    """Return by path beneath `prefix` the directory of each client: so a server needs no copies."""
    return {f"{prefix}/{there}": project / here for there, here in CLIENTS.items()}


def lay_out(target: Path, settings: dict[str, str] | None = None, project: Path = ROOT) -> None:
    """Copy the page and its clients to `target`; `settings` become its `settings.json`. Nothing is built.

    Without `settings` a `settings.json` that is there already stays.
    """
    shutil.copytree(project / SOURCE, target, dirs_exist_ok=True)
    for there, here in CLIENTS.items():
        shutil.copytree(project / here, target / there, dirs_exist_ok=True, ignore=UNUSED)
    if settings:
        (target / SETTINGS).write_text(json.dumps(settings) + "\n")


def main() -> int:
    """Lay the console out where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m dev.console", description=__doc__)
    parser.add_argument("target", type=Path, help="directory to fill; upload it to any HTTPS host")
    parser.add_argument("--api", default="", help="the API's URL (default: the page's own origin)")
    options = parser.parse_args()
    older = not options.api and (options.target / SETTINGS).exists()
    lay_out(options.target, {"api": options.api} if options.api else None)
    print(f"{options.target} holds the console; upload it as it is")
    if older:
        print(f"{options.target / SETTINGS} is left as it was: it says where this console's API is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
