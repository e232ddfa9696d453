"""Start a sideband host as a process, as its ECS task definition in the template says."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from dev.engine import clients, deploy, limits, ports, server, tasks
from dev.engine.processes import Child, LineSink


class NoTask(Exception):
    """The deployed template defines no task that a sideband host could be started from."""


def start_host(engine_url: str, project: Path, name: str, sink: LineSink) -> Child:
    """Start one host and return when its health check answers, or at once if it has none."""
    task = _only_task(engine_url)
    health_port = ports.free_port()
    environment = (
        server.base_environment()
        | clients.environment(engine_url)
        | task.environment
        | {variable: _secret(engine_url, arn) for variable, arn in task.secrets.items()}
        | {"PYTHONPATH": _python_path(project), "PYTHONUNBUFFERED": "1", "HEALTH_PORT": str(health_port)}
    )
    command = task.command or _image_command(project)
    argv = [sys.executable, *command[1:]] if command[0].startswith("python") else command
    host = Child(name, argv, environment, project, sink)
    url = f"http://{ports.HOST}:{health_port}/health"
    try:
        host.wait_until(lambda: server.answers(url), limits.CHILD_START_S)
    except BaseException:
        host.kill()
        raise
    return host


def _only_task(engine_url: str) -> tasks.Task:
    found = tasks.read_tasks(deploy.outputs(engine_url))
    if not found:
        raise NoTask("the template has no AWS::ECS::TaskDefinition to start a sideband host from")
    return next(iter(found.values()))


def _secret(engine_url: str, arn: str) -> str:
    """Return what ECS would put in the variable: the secret's text or one field, or the parameter's value."""
    service = arn.split(":")[2]
    if service == "ssm":
        name = arn.split(":parameter", 1)[1]
        answer = clients.client("ssm", engine_url).get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    whole, field = ":".join(arn.split(":")[:7]), arn.split(":")[7:8]
    text = clients.client("secretsmanager", engine_url).get_secret_value(SecretId=whole)["SecretString"]
    return str(json.loads(text)[field[0]]) if field and field[0] else str(text)


def _python_path(project: Path) -> str:
    """Return where the image has its packages: the service and the shared layer."""
    layers = sorted(str(path.parent) for path in project.glob("layers/*/requirements.in"))
    return os.pathsep.join([str(project / "services"), *layers, str(server.ROOT)])


def _image_command(project: Path) -> list[str]:
    """Return the image's own CMD (in its JSON form), which a task without a command runs."""
    for line in (project / "services" / "sideband" / "Dockerfile").read_text().splitlines():
        if line.startswith(("CMD", "ENTRYPOINT")):
            command: list[str] = json.loads(line.split(" ", 1)[1])
            return command
    raise NoTask("services/sideband/Dockerfile has no CMD")
