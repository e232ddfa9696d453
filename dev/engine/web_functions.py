"""Functions behind the Lambda Web Adapter stream their answers: here each runs as the server that it is.

The adapter's layer starts the function's own command and passes requests on to it; the engine can neither
have that layer nor stream. So the launcher starts the same command with the same environment, and the
gateway sends the function's routes to it.
"""

from __future__ import annotations

import os
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.engine import clients, limits, packaging, ports, server, system
from dev.engine.cloudformation import Template
from dev.engine.processes import Child, LineSink


@dataclass(frozen=True)
class WebFunction:
    """One such function: where its code and layers are, and which routes are its, as `GET /path`."""

    logical_id: str
    code: Path
    layers: list[Path]
    routes: list[str]


def is_one(resource: Mapping[str, Any]) -> bool:
    """Say whether this function of a SAM template runs behind the adapter."""
    variables = resource["Properties"].get("Environment", {}).get("Variables", {})
    return "AWS_LWA_INVOKE_MODE" in variables


def find(project: Path, template: Template, cache: Path) -> Iterator[WebFunction]:
    """Yield the template's functions of this kind, with their layers built."""
    layers = system.built_layers(project, template, cache)
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function" or not is_one(resource):
            continue
        properties = resource["Properties"]
        code, used = system.function_parts(project, template, properties, layers, cache)
        events = [event["Properties"] for event in properties.get("Events", {}).values()]
        routes = [f"{event['Method'].upper()} {event['Path']}" for event in events]
        yield WebFunction(name, code, used, routes)


def start(
    function: WebFunction, engine_url: str, physical_ids: Mapping[str, str], cache: Path, sink: LineSink
) -> tuple[Child, str]:
    """Start the function's server; return it and its URL once it says that it is ready."""
    told = clients.client("lambda", engine_url).get_function_configuration(
        FunctionName=physical_ids[function.logical_id]
    )
    variables = told["Environment"]["Variables"]
    port = ports.free_port()
    runtime = packaging.runtime_directory(cache)
    packages = [str(layer / "python") for layer in function.layers]
    environment = {
        **server.base_environment(),
        **clients.environment(engine_url),
        "AWS_LAMBDA_FUNCTION_NAME": told["FunctionName"],
        "LAMBDA_TASK_ROOT": str(function.code),
        "PYTHONUNBUFFERED": "1",
        **variables,
        "PORT": str(port),
        "PATH": os.pathsep.join((str(_python(cache)), server.base_environment()["PATH"])),
        "PYTHONPATH": os.pathsep.join((str(function.code), *packages, str(runtime))),
    }
    command = [f"./{told['Handler']}"]
    child = Child(function.logical_id.removesuffix("Function"), command, environment, function.code, sink)
    url = f"http://{ports.HOST}:{port}"
    try:
        health = url + variables.get("AWS_LWA_READINESS_CHECK_PATH", "/")
        child.wait_until(lambda: server.answers(health), limits.CHILD_START_S)
    except BaseException:
        child.kill()
        raise
    return child, url


def _python(cache: Path) -> Path:
    """Return a directory whose `python` is this interpreter without this environment's packages."""
    directory = cache / f"bin-{packaging.digest([], sys.executable)}"
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / "python"
    if not script.exists():  # a script that is being written cannot be run: put it there whole
        fresh = directory / f"python.{os.getpid()}.{threading.get_ident()}.new"
        fresh.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
        fresh.chmod(0o755)
        fresh.replace(script)
    return directory
