"""What the chaos happens to: an engine with table and queue, the simulator, and host processes.

The table is the local engine's DynamoDB, without the rest of the stack: hosts in processes of their own need
a table that is nobody's memory, and packaging and deploying functions would take longer than the chaos.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from switchboard.domain import limits as domain_limits
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.talk import Reports
from switchboard.stores.dynamodb.calls import DynamoCalls
from switchboard.stores.dynamodb.reports import DynamoReports
from switchboard.stores.dynamodb.sessions import DynamoSessions
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts

from dev.chaos import limits
from dev.engine import clients, cloudformation, ports, server
from dev.engine import limits as engine_limits
from dev.engine.processes import Child

KEY = "sk-chaos"
TABLE = "switchboard-chaos"
QUEUE = "switchboard-chaos"
CREATED_WITH = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
Sink = Callable[[str, str], None]


def _now() -> datetime:
    return datetime.now(UTC)


class World:
    """Processes and stores; `sink` hears every line of every host, and `plant` names a defect of theirs.

    Attributes:
        skews: by host, the seconds by which its wall clock was set ahead.
    """

    def __init__(self, state: Path, hosts: int, sink: Sink, chance: Random, plant: str = "") -> None:
        self.engine_url = ""
        self.simulator_url = ""
        self.queue_url = ""
        self.table_url = ""
        self.hosts: list[Child] = []
        self._state = state
        self._wanted = hosts
        self._sink = sink
        self._chance = chance
        self._plant = plant
        self._started = 0
        self.skews: dict[str, float] = {}
        self._others: list[Child] = []
        self._health: dict[int, str] = {}

    def start(self) -> None:
        """Start engine and simulator, and make table and queue."""
        port = ports.free_port()
        self._others.append(server.start_engine(port, self._state, _silent))
        self.engine_url = self.table_url = f"http://{ports.HOST}:{port}"
        template = cloudformation.read(server.ROOT / "template.yaml")
        properties = template["Resources"]["Table"]["Properties"]
        dynamodb = clients.client("dynamodb", self.engine_url)
        dynamodb.create_table(TableName=TABLE, **{name: properties[name] for name in CREATED_WITH})
        sqs = clients.client("sqs", self.engine_url)
        self.queue_url = sqs.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
        self._start_simulator()
        table = Table(dynamodb, TABLE, _now)
        self.sessions = DynamoSessions(table)
        self.calls = DynamoCalls(table)
        self.reports: Reports = DynamoReports(table)
        self.transcripts: Transcripts = DynamoTranscripts(table, domain_limits.SESSION_DAYS * 24 * 3600, _now)

    def start_hosts(self) -> None:
        """Start all hosts, and wait until they are well."""
        for _ in range(self._wanted):
            self.start_host()
        for host in self.hosts:
            self.await_health(host)

    def start_host(self) -> Child:
        """Start one more host, its clock wrong by some seconds."""
        self._started += 1
        name, port = f"host-{self._started}", ports.free_port()
        self.skews[name] = self._chance.uniform(-limits.SKEW, limits.SKEW)
        code = (server.ROOT / "services", server.ROOT / "layers" / "switchboard", server.ROOT)
        environment = {
            **server.base_environment(),
            **clients.environment(self.engine_url),
            "AWS_ENDPOINT_URL_DYNAMODB": self.table_url,
            "PYTHONPATH": ":".join(map(str, code)),
            "PYTHONUNBUFFERED": "1",
            "TABLE_NAME": TABLE,
            "SIDEBAND_QUEUE_URL": self.queue_url,
            "SECRETS_KEY_ID": "unused",
            "OPENAI_BASE_URL": f"{self.simulator_url}/v1",
            "OPENAI_API_KEY": KEY,
            "HEALTH_PORT": str(port),
            "CHAOS_SKEW": str(self.skews[name]),
            "CHAOS_PLANT": self._plant,
        }
        host = Child(name, [sys.executable, "-m", "dev.chaos.host"], environment, server.ROOT, self._sink)
        self._health[host.pid] = f"http://{ports.HOST}:{port}/health"
        self.hosts.append(host)
        return host

    def kill(self, host: Child) -> None:
        """End a host as SIGKILL does."""
        self.hosts.remove(host)
        host.kill()

    def retire(self, host: Child) -> bool:
        """End a host as a deployment does, while calls go on; return whether it left by itself in time."""
        self.hosts.remove(host)
        self._others.append(host)
        return host.stop(limits.LEAVE_PROMISED)

    def await_health(self, host: Child) -> None:
        """Return once the host is well. Raise ChildFailed."""
        url = self._health[host.pid]
        host.wait_until(lambda: server.answers(url), engine_limits.CHILD_START_S)

    def hint(self, body: str, delay: int) -> None:
        """Put a command into the queue."""
        sqs: Any = clients.client("sqs", self.engine_url)
        sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, DelaySeconds=delay)

    def stop(self) -> None:
        """End every process."""
        for child in (*self.hosts, *reversed(self._others)):
            child.kill()

    def _start_simulator(self) -> None:
        argv = [sys.executable, "-m", "dev.simulator", "--port", "0", "--speed", str(limits.SPEED)]
        argv += ["--live-after", str(limits.LIVE_AFTER)]
        environment = {
            **server.base_environment(),
            "PYTHONPATH": str(server.ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        child = Child("simulator", argv, environment, server.ROOT, _silent)
        self._others.append(child)
        self.simulator_url = str(child.report(engine_limits.CHILD_START_S)["url"]).rstrip("/")


def _silent(*_: str) -> None:
    """Tell nobody."""
