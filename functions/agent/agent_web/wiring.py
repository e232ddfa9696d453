"""Where the application's parts meet."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from switchboard.agent import Orchestrator, SessionStore
from switchboard.agent.wiring import parts
from switchboard.bootstrap import bootstrap
from switchboard.domain.credentials import Identity
from switchboard.domain.quota import Quotas
from switchboard.settings import Settings
from switchboard.stores.buckets import MemoryBuckets
from switchboard.web import Front

STORED = {"TABLE_NAME", "REDIS_URL", "REDIS_URL_ARN"}
"""Variables one of which names a store that all processes share; without any there is one process."""


@dataclass(frozen=True)
class Web:
    """What the routes work with. `quotas` are made when first asked for: one of two functions never does."""

    agent: Orchestrator
    store: SessionStore
    identity: Identity
    quotas: Callable[[], Quotas]
    settings: Settings
    new_id: Callable[[str], str]
    log: Any
    tell: Callable[[str, float, str], None]
    priced: bool = False

    @property
    def front(self) -> Front:
        """How it meets whoever asks."""
        return Front(self.settings.allowed_origin, self.new_id, self.log)


def web() -> Web:
    """Return the parts as the environment says; they are made now, while the process starts."""
    from aws_lambda_powertools import Logger

    log = Logger(service="agent")
    logging.getLogger("switchboard").addHandler(log.registered_handler)
    if not {"GUEST_SECRET", "GUEST_SECRET_ARN"} & set(os.environ):
        os.environ["GUEST_SECRET"] = token_hex(32)
        log.warning("agent.guest_secret_made_up", extra={"so": "guests are strangers after a restart"})
    shared = bootstrap(("identity", "settings", "new_id", "metrics"))
    own = parts()
    of_this_process = Quotas(MemoryBuckets(), shared.settings.quotas, shared.clock, shared.metrics.tell)
    return Web(
        agent=Orchestrator(deps=own.deps),
        store=own.store,
        identity=shared.identity,
        quotas=lambda: shared.quotas if STORED & set(os.environ) else of_this_process,
        settings=shared.settings,
        new_id=shared.new_id,
        log=log,
        tell=shared.metrics.tell,
        priced=own.settings.prices.input is not None or own.settings.prices.output is not None,
    )
