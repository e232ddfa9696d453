"""Run the gateway: `python -m dev.gateway --engine URL --host NAME --stage STAGE`; prints its URL as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from yarl import URL

from dev.engine.ports import HOST
from dev.engine.processes import leave_with_parent
from dev.gateway.app import Settings, serving


def main() -> None:
    """Serve on loopback until a signal comes or the launcher dies."""
    parser = argparse.ArgumentParser(prog="python -m dev.gateway")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--engine", required=True, help="the engine's URL")
    parser.add_argument("--host", required=True, help="the Host header that selects the API")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--stream", action="append", default=[], metavar="PREFIX=URL")
    parser.add_argument("--route", action="append", default=[], metavar="METHOD PATH=URL")
    parser.add_argument("--files", action="append", default=[], metavar="PREFIX=DIRECTORY")
    parser.add_argument("--console", type=Path, metavar="DIRECTORY")
    parser.add_argument("--simulator", default="", metavar="URL", help="told to the console")
    options = parser.parse_args()
    settings = Settings(
        engine=URL(options.engine),
        host=options.host,
        stage=options.stage,
        streams={prefix: URL(url) for prefix, url in (pair.split("=", 1) for pair in options.stream)},
        routes={route: URL(url) for route, url in (pair.split("=", 1) for pair in options.route)},
        files={prefix: Path(path) for prefix, path in (pair.split("=", 1) for pair in options.files)},
        console=options.console,
        simulator=options.simulator,
    )
    leave_with_parent()
    asyncio.run(_serve(settings, options.port))


async def _serve(settings: Settings, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings, HOST, port) as bound:
        print(json.dumps({"url": f"http://{HOST}:{bound}"}), flush=True)
        await stop.wait()


if __name__ == "__main__":
    main()
