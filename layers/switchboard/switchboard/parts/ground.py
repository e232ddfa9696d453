"""What every part stands on: the environment, time and chance, the SDK, the table, secrets, metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from switchboard.domain import limits
from switchboard.settings import Settings

if TYPE_CHECKING:
    from switchboard.domain.ports.chats import Journal
    from switchboard.domain.ports.surroundings import Clock, NewId, Sleep
    from switchboard.metrics import EmbeddedMetrics
    from switchboard.stores.dynamodb.table import Table


class Ground:
    """The ground of one process. Imports wait until a part is used."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._secrets: dict[str, tuple[float, str]] = {}

    @cached_property
    def settings(self) -> Settings:
        return Settings.read(self._environ)

    @cached_property
    def clock(self) -> Clock:
        return lambda: datetime.now(UTC)

    @cached_property
    def new_id(self) -> NewId:
        return lambda prefix: prefix + token_hex(16)

    @cached_property
    def sleep(self) -> Sleep:
        return time.sleep

    @cached_property
    def table(self) -> Table:
        from switchboard.stores.dynamodb.table import Table

        return Table(self.client("dynamodb"), self.settings.table_name, self.clock)

    @cached_property
    def metrics(self) -> EmbeddedMetrics:
        from switchboard.metrics import EmbeddedMetrics

        return EmbeddedMetrics(self.settings.stage, self.clock)

    @cached_property
    def journal(self) -> Journal:
        from switchboard.journal import LoggedJournal

        return LoggedJournal()

    @cached_property
    def _aws(self) -> Any:
        from botocore.session import Session  # all of boto3 that clients need, at half its price

        return Session()

    def client(
        self,
        service: str,
        read_seconds: float = limits.AWS_READ_SECONDS,
        tries: int = limits.AWS_TRIES,
        **options: Any,
    ) -> Any:
        """Return a new SDK client with our time limits and retries; a workflow is never started twice."""
        from botocore.config import Config

        config = Config(
            connect_timeout=limits.AWS_CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": tries},
            **options,
        )
        return self._aws.create_client(service, region_name=self._environ.get("AWS_REGION"), config=config)

    def secret(self, name: str) -> str | None:
        """Return a secret: the variable itself, else what `<name>_ARN` names; None if neither is set."""
        if value := self._environ.get(name):
            return value
        arn = self._environ.get(f"{name}_ARN")
        if not arn:
            return None
        read_at, value = self._secrets.get(name, (0.0, ""))
        if not value or time.monotonic() - read_at > limits.SECRET_CACHE_SECONDS:
            value = self._secretsmanager.get_secret_value(SecretId=arn)["SecretString"]
            self._secrets[name] = time.monotonic(), value
        return value

    def required_secret(self, name: str) -> str:
        """Return a secret that must be configured."""
        value = self.secret(name)
        if not value:
            raise RuntimeError(f"neither {name} nor {name}_ARN is set")
        return value

    @cached_property
    def _secretsmanager(self) -> Any:
        return self.client("secretsmanager")
