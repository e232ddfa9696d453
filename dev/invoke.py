"""`make invoke FN=create_session` runs one function on its sample payload, as Lambda would.

In a process of its own, with Lambda's runtime client, the layer and the template's environment, from the
code as it is on disk now: against the stack of `make dev` if one runs, else against one of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
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
from dev.tokens import user_token

TEMPLATE = server.ROOT / "template.yaml"
SAMPLE_USER = "user_sample"
CACHE = server.ROOT / ".switchboard" / "cache"
HANDLER = "app.handler"
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
    parser.add_argument(
        "function", nargs="?", help="the function's folder under functions/, such as create_session"
    )
    parser.add_argument("--event", type=Path, help="payload (default events/FUNCTION.json); - reads stdin")
    parser.add_argument("--state", type=Path, default=running.STATE, help="default .switchboard")
    options = parser.parse_args()
    log = MergedLog(sys.stderr)
    if not options.function:
        log.say("say which function: make invoke FN=create_session")
        return 2
    try:
        known(options.function)
        found = running.find(options.state)
        if found:
            log.say(f"against the stack at {found['api_url']}")
            return _invoke(found["engine_url"], found["physical_ids"], options, log)
        log.say("no local stack runs: starting one for this call (make dev keeps one running)")
        with (
            tempfile.TemporaryDirectory() as state,
            LocalStack(Path(state), sink=_only_errors(log), narrate=log.say) as stack,
        ):
            return _invoke(stack.engine_url, stack.physical_ids, options, log)
    except (NoSuchFunction, FileNotFoundError, ChildFailed, subprocess.CalledProcessError) as problem:
        log.say(str(problem))
        return 1


def _invoke(
    engine_url: str, physical_ids: dict[str, str], options: argparse.Namespace, log: MergedLog
) -> int:
    """Read the payload, write the records that a sample payload names, and run the function."""
    if options.event:
        text = sys.stdin.read() if str(options.event) == "-" else options.event.read_text()
        return run(engine_url, physical_ids, options.function, json.loads(text), log)
    sample = sample_event(engine_url, physical_ids, options.function)
    log.say("the records that the sample payload names have been written")
    return run(engine_url, physical_ids, options.function, sample, log)


def sample_event(engine_url: str, physical_ids: dict[str, str], name: str) -> Any:
    """Return the function's sample payload, after writing what it names; its guest is a true one then."""
    event = json.loads((server.ROOT / "events" / f"{name}.json").read_text())
    lambdas = clients.client("lambda", engine_url)
    settings: dict[str, str] = {}
    for logical_id, _ in template_functions().values():
        if logical_id not in physical_ids:  # newer than the running stack
            continue
        told = lambdas.get_function_configuration(FunctionName=physical_ids[logical_id])
        settings |= told.get("Environment", {}).get("Variables", {})
    path = os.pathsep.join((str(server.ROOT), str(server.ROOT / "layers" / "switchboard")))
    environment = {**server.base_environment(), **clients.environment(engine_url), **settings}
    written = subprocess.run(
        [sys.executable, "-m", "dev.samples"],
        env={**environment, "PYTHONPATH": path},
        cwd=server.ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    headers = event.get("headers") or {}
    shown = json.loads(written.stdout) | {
        "Authorization": f"Bearer {user_token(engine_url, physical_ids, SAMPLE_USER)}"
    }
    headers |= {name: value for name, value in shown.items() if headers.get(name, "").endswith("sample")}
    return event


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
    template = cloudformation.read(TEMPLATE)
    logical_id, properties = known(name)
    layers = system.built_layers(server.ROOT, template, CACHE)
    code, used = system.function_parts(server.ROOT, template, properties, layers, CACHE)
    configuration = clients.client("lambda", engine_url).get_function_configuration(
        FunctionName=physical_ids[logical_id]
    )
    return Function(code, used, configuration)


def known(name: str) -> tuple[str, dict[str, Any]]:
    """Return the logical id and properties of the function of that name. Raise NoSuchFunction."""
    functions = template_functions()
    if name not in functions:
        raise NoSuchFunction(f"no function {name}; there are {', '.join(sorted(functions))}")
    return functions[name]


def template_functions() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return each function's logical id and properties by the name of its folder."""
    return {
        Path(resource["Properties"]["CodeUri"]).name: (logical_id, resource["Properties"])
        for logical_id, resource in cloudformation.read(TEMPLATE)["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource["Properties"].get("Handler", HANDLER) == HANDLER  # else it is a server that streams
    }


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
