"""A whole Switchboard on this machine: engine, deployed template, upstream, sideband hosts, gateway."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from dev import console
from dev.engine import (
    clients,
    cloudformation,
    deploy,
    limits,
    parameters,
    ports,
    server,
    sideband,
    system,
    tools,
    web_functions,
)
from dev.engine.processes import Child, ChildFailed, LineSink

Narrator = Callable[[str], None]
"""Called with one sentence for a person about what is being done."""


def _silent(*_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Ports:
    """Loopback ports; 0 takes any free one."""

    gateway: int = 0
    engine: int = 0
    simulator: int = 0

    def claimed(self) -> Ports:
        """Return the ports to use. Raise PortTaken before anything has been started."""
        return Ports(
            ports.claim(self.gateway, "gateway"),
            ports.claim(self.engine, "engine"),
            ports.claim(self.simulator, "simulator"),
        )


@dataclass
class LocalStack:
    """Start with `with LocalStack(state_dir=…) as stack:`; several may run side by side.

    `simulator=False` leaves the upstream to `parameter_values` or OPENAI_BASE_URL. `sink` receives every
    line of every process as (name, line); `narrate` one sentence for each step, whose duration in seconds
    is then in `durations`. Under the API's own URL the gateway also serves `streams` (path prefix to the
    URL of a server that streams its answers) and `files` (path prefix to a directory).
    """

    state_dir: Path
    project: Path = server.ROOT
    ports: Ports = field(default_factory=Ports)
    simulator: bool = True
    sideband_hosts: int = 0
    parameter_values: Mapping[str, str] = field(default_factory=dict)
    streams: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    sink: LineSink = _silent
    narrate: Narrator = _silent

    def __post_init__(self) -> None:
        self.children: list[Child] = []
        self.durations: dict[str, float] = {}
        self.outputs: dict[str, str] = {}
        self.physical_ids: dict[str, str] = {}
        self.api_url = ""
        self.engine_url = ""
        self.simulator_url = ""
        self.ready = False
        self._hosts_started = 0

    def __enter__(self) -> LocalStack:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything in order. Raise ToolsWrong before, if no host could run the tools."""
        source = cloudformation.read(self.project / "template.yaml")
        tools.require(self.project, source, parameters.local_values(source, {}, self.parameter_values))
        state = self.state_dir
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        chosen = self.ports.claimed()
        with self._step("engine", "starting the engine"):
            self.children.append(server.start_engine(chosen.engine, state, self.sink))
            self.engine_url = f"http://{ports.HOST}:{chosen.engine}"
        if self.simulator:
            with self._step("simulator", "starting the upstream simulator"):
                self._start_simulator(chosen.simulator)
        self._deploy(source)
        routes: dict[str, str] = {}
        functions = list(web_functions.find(self.project, source, self._cache))
        if functions:
            names = ", ".join(function.logical_id for function in functions)
            with self._step("streams", f"starting the servers that stream: {names}"):
                clients.client("lambda", self.engine_url)  # made once, before several threads ask for it
                with ThreadPoolExecutor(len(functions)) as starting:
                    for started in starting.map(self._start_web_function, functions):
                        routes |= started
        with self._step("gateway", "starting the gateway"):
            self._start_gateway(chosen.gateway, routes)
        for _ in range(self.sideband_hosts):
            with self._step("sideband", "starting a sideband host"):
                self.start_sideband_host()
        self.ready = True

    def stop(self) -> None:
        """Stop everything, the engine last, so that what the others write on leaving is kept.

        An interrupt meanwhile (a second Ctrl-C) kills what is left.
        """
        try:
            for child in self.children[1:]:
                child.signal(signal.SIGTERM)
            while self.children:
                self._stop_child(self.children[-1])
                self.children.pop()
        except BaseException:
            for child in self.children:
                child.kill()
            raise

    def _stop_child(self, child: Child) -> None:
        seconds = {"engine": limits.ENGINE_STOP_S}.get(child.name, limits.CHILD_STOP_S)
        seconds = limits.SIDEBAND_STOP_S if child.name.startswith("sideband") else seconds
        if not child.stop(seconds):
            self.narrate(f"{child.name} did not leave within {seconds:.0f} s and was killed")

    @property
    def table_name(self) -> str:
        """The physical name of the one table."""
        return self.physical_ids["Table"]

    def queue_url(self, logical_id: str = "SidebandQueue") -> str:
        """Return the URL of a queue of the template."""
        return self.physical_ids[logical_id]

    def boto3_client(self, name: str) -> Any:
        """Return a boto3 client of this engine."""
        return clients.client(name, self.engine_url)

    def start_sideband_host(self) -> Child:
        """Start one more sideband host as the task definition says and wait until it is healthy."""
        self._hosts_started += 1
        host = sideband.start_host(
            self.engine_url, self.project, f"sideband-{self._hosts_started}", self.sink
        )
        self.children.append(host)
        return host

    def kill_sideband_host(self, number: int = signal.SIGKILL, host: Child | None = None) -> Child:
        """Send a host (the oldest one by default) a signal, wait until it is gone, and return it."""
        victim = host or next(child for child in self.children if child.name.startswith("sideband"))
        victim.signal(number)
        if number == signal.SIGKILL:
            victim.kill()
        else:
            victim.stop(limits.SIDEBAND_STOP_S)
        self.children.remove(victim)
        return victim

    def fallen(self) -> Child | None:
        """Return a child that ended by itself, if there is one."""
        return next((child for child in self.children if not child.running), None)

    def _deploy(self, source: cloudformation.Template) -> None:
        """Deploy what has changed of the template as it is written."""
        upstream = parameters.simulated_upstream(self.simulator_url) if self.simulator else {}
        values = parameters.local_values(source, upstream, self.parameter_values)
        wanted = system.fingerprint(self.project, source, values)
        if deploy.deployed_fingerprint(self.engine_url) == wanted:
            self.narrate("nothing has changed since the last deploy")
        else:
            with self._step("packages", "packaging functions and layers"):
                built = system.build(self.project, source, values, self._cache)
            with self._step("deploy", "deploying template.yaml"):
                deploy.deploy(self.engine_url, built, values, wanted)
        listed = deploy.outputs(self.engine_url)
        self.outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in listed}
        self.physical_ids = deploy.physical_ids(self.engine_url)

    @property
    def _cache(self) -> Path:
        """Built layers, shared by all instances of a checkout: their names tell their content."""
        return server.ROOT / ".switchboard" / "cache"

    def _start_simulator(self, port: int) -> None:
        child = self._start_module("simulator", "dev.simulator", "--port", str(port))
        self.simulator_url = str(child.report(limits.CHILD_START_S)["url"]).rstrip("/")

    def _start_web_function(self, function: web_functions.WebFunction) -> dict[str, str]:
        """Return the function's routes, each with the URL of its server."""
        child, url = web_functions.start(function, self.engine_url, self.physical_ids, self._cache, self.sink)
        self.children.append(child)
        return dict.fromkeys(function.routes, url)

    def _start_gateway(self, port: int, routed: Mapping[str, str]) -> None:
        api = self.physical_ids["Api"]
        stage = self.physical_ids["ApiStage"]
        host = f"{api}.execute-api.localhost:{self.engine_url.rsplit(':', 1)[1]}"
        settings = ("--port", str(port), "--engine", self.engine_url, "--host", host, "--stage", stage)
        routes = (f"--route={route}={url}" for route, url in routed.items())
        streams = (f"--stream={prefix}={url}" for prefix, url in self.streams.items())
        has_console = (self.project / "console").is_dir()
        clients = console.mounts(self.project, "/console") if has_console else {}
        files = (f"--files={prefix}={directory}" for prefix, directory in (clients | {**self.files}).items())
        page = ("--console", str(self.project / "console"), "--simulator", self.simulator_url)
        shown = page if has_console else ()
        child = self._start_module("gateway", "dev.gateway", *settings, *routes, *streams, *files, *shown)
        self.api_url = str(child.report(limits.CHILD_START_S)["url"])

    def _start_module(self, name: str, module: str, *arguments: str) -> Child:
        environment = server.base_environment() | {"PYTHONPATH": str(server.ROOT), "PYTHONUNBUFFERED": "1"}
        child = Child(name, [sys.executable, "-m", module, *arguments], environment, server.ROOT, self.sink)
        self.children.append(child)
        return child

    @contextlib.contextmanager
    def _step(self, what: str, doing: str) -> Iterator[None]:
        """Tell what is being done, and remember how long it took."""
        self.narrate(doing)
        began = time.monotonic()
        yield
        self.durations[what] = self.durations.get(what, 0.0) + time.monotonic() - began


__all__ = ["ChildFailed", "LocalStack", "Ports"]
