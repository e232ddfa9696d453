"""`python -m dev.invoke create_session` runs one function on its sample payload, as Lambda would.

In a process of its own, with Lambda's runtime client, the layer and the template's environment, from the
code as it is on disk now: against the stack of `make dev` if one runs, else against one of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.engine import clients, cloudformation, packaging, running, server, system
from dev.engine.processes import Child, ChildFailed
from dev.engine.runtime_api import Invocation, RuntimeApi
from dev.engine.stack import LocalStack
from dev.log import MergedLog

CACHE = server.ROOT / ".switchboard" / "cache"
STOP_S = 2.0
"""The function's process keeps nothing; it is asked once and then killed."""


class NoSuchFunction(Exception):
    """The template has no function of that name; the message lists those that it has."""


@dataclass(frozen=True)
class Function:
    """What is needed to start one function's process."""

    code: Path
    layers: list[Path]
    configuration: dict[str, Any]


def main() -> int:
    """Read the command line; return 0 if the function answered, 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m dev.invoke", description=__doc__)
    parser.add_argument("function", help="the function's folder under functions/, such as create_session")
    parser.add_argument("--event", type=Path, help="payload (default events/FUNCTION.json); - reads stdin")
    parser.add_argument("--state", type=Path, default=running.STATE, help="default .switchboard")
    options = parser.parse_args()
    log = MergedLog(sys.stderr)
    path = options.event or server.ROOT / "events" / f"{options.function}.json"
    try:
        event = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text())
        found = running.find(options.state)
        if found:
            log.say(f"against the stack at {found['api_url']}")
            return run(found["engine_url"], found["physical_ids"], options.function, event, log)
        log.say("no local stack runs: starting one for this call (make dev keeps one running)")
        with (
            tempfile.TemporaryDirectory() as state,
            LocalStack(Path(state), sink=_only_errors(log), narrate=log.say) as stack,
        ):
            return run(stack.engine_url, stack.physical_ids, options.function, event, log)
    except (NoSuchFunction, FileNotFoundError, ChildFailed) as problem:
        log.say(str(problem))
        return 1


def run(engine_url: str, physical_ids: dict[str, str], name: str, event: Any, log: MergedLog) -> int:
    """Run the function once, print its answer to stdout and its log to stderr, and return the status."""
    function = find_function(engine_url, physical_ids, name)
    configuration = function.configuration
    invocation = Invocation(event, float(configuration["Timeout"]), configuration["FunctionArn"])
    api = RuntimeApi(invocation)
    began = time.monotonic()
    child = Child(
        name,
        packaging.worker_command(packaging.runtime_directory(CACHE), function.layers),
        _environment(engine_url, function, api.address),
        function.code,
        log.line,
    )
    try:
        child.wait_until(invocation.done.is_set, invocation.timeout_s + STOP_S)
    finally:
        child.stop(STOP_S)
        api.close()
    log.say(
        f"init {1000 * (invocation.started - began):.0f} ms, "
        f"run {1000 * (invocation.ended - invocation.started):.0f} ms of at most {invocation.timeout_s:.0f} s"
    )
    print(json.dumps(invocation.error or invocation.answer, indent=2, ensure_ascii=False))
    return 1 if invocation.error else 0


def find_function(engine_url: str, physical_ids: dict[str, str], name: str) -> Function:
    """Return the function whose code is in `functions/<name>`. Raise NoSuchFunction."""
    template = cloudformation.read(server.ROOT / "template.yaml")
    functions = {
        Path(resource["Properties"]["CodeUri"]).name: (logical_id, resource["Properties"])
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    if name not in functions:
        raise NoSuchFunction(f"no function {name}; there are {', '.join(sorted(functions))}")
    logical_id, properties = functions[name]
    layers = system.built_layers(server.ROOT, template, CACHE)
    code, used = system.function_parts(server.ROOT, template, properties, layers)
    configuration = clients.client("lambda", engine_url).get_function_configuration(
        FunctionName=physical_ids[logical_id]
    )
    return Function(code, used, configuration)


def _environment(engine_url: str, function: Function, runtime_api: str) -> dict[str, str]:
    configuration = function.configuration
    return {
        **server.base_environment(),
        **clients.environment(engine_url),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "LAMBDA_TASK_ROOT": str(function.code),
        "_HANDLER": configuration["Handler"],
        **configuration.get("Environment", {}).get("Variables", {}),
    }


def _only_errors(log: MergedLog) -> Any:
    """Return a sink that shows the other processes' lines only if they tell of an error."""
    return lambda name, line: log.line(name, line) if "ERROR" in line or '"error": true' in line else None


if __name__ == "__main__":
    sys.exit(main())
