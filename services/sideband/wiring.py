"""Build the host's ports from the environment: the one place here that makes clients."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from switchboard.bootstrap import Parts
from switchboard.domain import limits as domain_limits
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.stores.dynamodb.direct import Direct, direct
from switchboard.stores.dynamodb.hosts import DynamoHosts
from switchboard.stores.dynamodb.table import Table
from switchboard.stores.dynamodb.transcripts import DynamoTranscripts
from switchboard.upstream.aws.mailboxes import SqsMailboxes

from sideband import limits
from sideband.deps import Allowance, Deps
from sideband.queue import SqsQueue
from sideband.quick import QuickPages
from sideband.socket import connector
from sideband.tool_wiring import tool_kit

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CONNECTIONS = 2 * limits.THREADS + limits.SPARE_THREADS + limits.WRITES
"""Connections to the table: one for each thread that may want one."""


def wire(environ: Mapping[str, str]) -> tuple[Deps, SqsQueue, str]:
    """Return the ports, the queue and a fresh id for this host."""
    parts = Parts(environ)
    settings = parts.settings
    client = direct(parts.client("dynamodb", tries=limits.TABLE_TRIES, max_pool_connections=CONNECTIONS))
    parts.table = Table(client, settings.table_name, parts.clock)
    heart = parts.client("dynamodb", limits.BEAT_READ, tries=limits.BEAT_TRIES)
    polling: SQSClient = parts.client("sqs", limits.POLL + domain_limits.AWS_READ_SECONDS)
    mail: SQSClient = parts.client("sqs", limits.LIVE_READ, tries=1)
    deps = Deps(
        sessions=parts.sessions,
        secrets=parts.secrets,
        calls=parts.calls,
        hosts=DynamoHosts(Table(heart, settings.table_name, parts.clock), parts.clock),
        transcripts=parts.transcripts,
        audits=parts.audits,
        places=parts.places,
        realtime=parts.realtime,
        api_key=parts.api_key,
        transcription_model=settings.transcription_model,
        connect=connector(settings.openai_base_url),
        clock=parts.clock,
        chance=Random(),
        stage=settings.stage,
        prices=settings.prices,
        viewers=parts.viewers,
        mailboxes=SqsMailboxes(mail, settings.mailbox_prefix, parts.clock),
        allowance=Allowance(settings.idle_limit, settings.call_limit, settings.budget_usd),
        tools=tool_kit(parts),
        quick=_quick(parts.transcripts, client),
    )
    return deps, SqsQueue(polling, settings.sideband_queue_url), parts.new_id("host_")


def _quick(pages: Transcripts, client: object) -> QuickPages | None:
    """Return a quicker way to write pages, if there is one to this table."""
    if isinstance(pages, DynamoTranscripts) and isinstance(client, Direct):
        return QuickPages(pages, client)
    return None
