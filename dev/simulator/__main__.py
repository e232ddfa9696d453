"""Command line: `python -m dev.simulator --port 8900 --script talk.yaml`."""

import argparse
import asyncio
import contextlib
import json
import signal
from collections.abc import Sequence
from pathlib import Path

import yaml

from dev.simulator import limits, script
from dev.simulator.config import MODELS, SimulatorConfig
from dev.simulator.errors import BadScript
from dev.simulator.server import Simulator
from dev.simulator.wire import Json


def parser() -> argparse.ArgumentParser:
    """Every option, each with its default in the help."""
    options = argparse.ArgumentParser(
        prog="python -m dev.simulator",
        description="A local stand-in for OpenAI's Realtime, Responses and Embeddings APIs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = options.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8900, help="port for HTTP and WebSocket; 0 takes a free one")
    add("--ready-file", type=Path, help="write the URL here once the simulator listens")
    add(
        "--script",
        action="append",
        default=[],
        metavar="FILE|NAME",
        help="a script file, or a name such as `demo`; the first is the default of every call",
    )
    add("--speed", type=float, default=1.0, help="simulated seconds per real second; 0 waits for nothing")
    add(
        "--api-key",
        action="append",
        default=[],
        metavar="KEY",
        help="admit only these API keys; without it every `sk-…` is good",
    )
    add("--model", action="append", default=[], metavar="NAME", help="one more realtime model")
    add("--live-after", type=float, default=0.0, metavar="SECONDS", help="404 on attach until then")
    add(
        "--call-seconds",
        type=float,
        default=limits.CALL_SECONDS,
        metavar="SECONDS",
        help="the longest a call lasts",
    )
    add("--faults", type=Path, metavar="FILE", help="JSON or YAML list of faults to begin with")
    add("--seed", type=int, help="make ids and chance repeatable")
    add("--max-live-calls", type=int, default=limits.MAX_LIVE_CALLS)
    add("--max-ended-calls", type=int, default=limits.MAX_ENDED_CALLS)
    return options


def configured(arguments: Sequence[str] | None = None) -> tuple[SimulatorConfig, Path | None]:
    """The configuration and the ready file. Raises BadScript or OSError for a file it cannot use."""
    given = parser().parse_args(arguments)
    scripts: dict[str, Json] = {}
    names: list[str] = []
    for entry in given.script:
        path = Path(entry)
        if path.suffix in (".yaml", ".yml", ".json"):
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            name = script.checked(data, path.stem).name
            scripts[name] = data
            names.append(name)
        else:
            names.append(entry)
    faults = yaml.safe_load(given.faults.read_text(encoding="utf-8")) if given.faults else []
    if not isinstance(faults, list):
        raise BadScript("--faults: expected a list")
    config = SimulatorConfig(
        host=given.host,
        port=given.port,
        api_keys=tuple(given.api_key),
        models=(*MODELS, *given.model),
        speed=given.speed,
        live_after=given.live_after,
        call_seconds=given.call_seconds,
        default_script=names[0] if names else None,
        scripts=scripts,
        faults=tuple(faults),
        seed=given.seed,
        max_live_calls=given.max_live_calls,
        max_ended_calls=given.max_ended_calls,
    )
    return config, given.ready_file


async def run(config: SimulatorConfig, ready_file: Path | None) -> None:
    """Serve until SIGINT or SIGTERM; say where in one line of JSON."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    async with Simulator(config).running() as simulator:
        if ready_file is not None:
            await asyncio.to_thread(ready_file.write_text, simulator.url, encoding="utf-8")
        print(json.dumps({"url": simulator.url, "base_url": simulator.base_url}), flush=True)
        await stop.wait()


def main() -> None:
    try:
        asyncio.run(run(*configured()))
    except (BadScript, OSError, yaml.YAMLError) as error:
        raise SystemExit(f"simulator: {error}") from error


if __name__ == "__main__":
    main()
