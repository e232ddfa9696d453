"""The one place where the parts meet: each client and store is made here, once, when first asked for."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from switchboard.chat_parts import PACKED, ChatParts
from switchboard.domain import limits
from switchboard.domain.secret import ApiKey
from switchboard.settings import Settings

if TYPE_CHECKING:
    from switchboard.domain.audit import Audits
    from switchboard.domain.credentials import Identity
    from switchboard.domain.memory import Memories, Relevance
    from switchboard.domain.places import Places
    from switchboard.domain.ports.calls import Calls
    from switchboard.domain.ports.extractions import Extractions
    from switchboard.domain.ports.keys import KeySets
    from switchboard.domain.ports.logs import Logs
    from switchboard.domain.ports.models import Responses
    from switchboard.domain.ports.realtime import Realtime
    from switchboard.domain.ports.sessions import Secrets, Sessions
    from switchboard.domain.ports.sideband import Hosts, SidebandCommands
    from switchboard.domain.ports.surroundings import Clock, NewId, Sleep
    from switchboard.domain.ports.transcripts import Digests, Transcripts
    from switchboard.domain.ports.workflows import Workflows
    from switchboard.domain.quota import Buckets, Quotas
    from switchboard.domain.talk import Reports
    from switchboard.domain.ticket import Tickets
    from switchboard.domain.tool import ServerTools
    from switchboard.domain.tool_call import ToolCalls
    from switchboard.domain.viewers import Mailboxes, Viewers
    from switchboard.metrics import EmbeddedMetrics
    from switchboard.stores.dynamodb.table import Table
    from switchboard.upstream.identity.supabase import SupabaseUsers
    from switchboard.upstream.identity.tokens import Issuer
    from switchboard.upstream.openai.http import OpenAIHttp


# A function makes a hundred thousand objects while it starts, hardly any of them garbage: the collector looks
# through them over and over, for a tenth of the start's time. It waits until `bootstrap` is done, and leaves
# alone for good what has been made by then.
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if ON_LAMBDA:
    gc.disable()


class Parts(ChatParts):
    """The parts of one process, by the names that use cases give them. Imports wait until a part is used."""

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
    def identity(self) -> Identity:
        from switchboard.upstream.identity.supabase import project_of
        from switchboard.upstream.identity.tokens import TokenIdentity

        return TokenIdentity(
            api_key=lambda: self.secret("BACKEND_API_KEY"),
            jwt_secret=lambda: self.secret("JWT_SECRET"),
            guest_secret=lambda: self.required_secret("GUEST_SECRET"),
            audience=self.settings.jwt_audience,
            issuer=self.settings.jwt_issuer,
            clock=self.clock,
            new_id=self.new_id,
            algorithms=self.settings.jwt_algorithms,
            trusted=self.issuer,
            project=project_of(self.settings.supabase_url),
        )

    @cached_property
    def issuer(self) -> Issuer | None:
        """Who signs users' tokens with keys that it publishes, if that is configured."""
        settings = self.settings
        supabase = f"{settings.supabase_url}/auth/v1" if settings.supabase_url else None
        url = settings.jwks_url or (supabase and f"{supabase}/.well-known/jwks.json")
        if not url:
            return None
        from switchboard.upstream.identity.fetch import fetch_json
        from switchboard.upstream.identity.jwks import Jwks
        from switchboard.upstream.identity.tokens import Issuer

        jwks = Jwks(url, fetch_json, lambda: self.key_sets, self.clock)
        return Issuer(jwks, settings.jwt_issuer or supabase, self._supabase_users)

    @cached_property
    def _supabase_users(self) -> SupabaseUsers | None:
        names = ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SERVICE_ROLE_KEY_ARN")
        if not self.settings.supabase_url or not any(map(self._environ.get, names)):
            return None
        from switchboard.upstream.identity.fetch import fetch_json
        from switchboard.upstream.identity.supabase import SupabaseUsers

        key = partial(self.required_secret, "SUPABASE_SERVICE_ROLE_KEY")
        return SupabaseUsers(self.settings.supabase_url, key, fetch_json, self.clock)

    @cached_property
    def key_sets(self) -> KeySets:
        from switchboard.stores.dynamodb.key_sets import DynamoKeySets

        return DynamoKeySets(self.table)

    @cached_property
    def table(self) -> Table:
        from switchboard.stores.dynamodb.table import Table

        return Table(self.client("dynamodb"), self.settings.table_name, self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        from switchboard.stores.dynamodb.sessions import DynamoSessions

        return DynamoSessions(self.table)

    @cached_property
    def secrets(self) -> Secrets:
        from switchboard.stores.dynamodb.secrets import DynamoSecrets

        return DynamoSecrets(self.table, self.client("kms"), self.settings.secrets_key_id, self.clock)

    @cached_property
    def tickets(self) -> Tickets:
        from switchboard.stores.dynamodb.tickets import DynamoTickets

        return DynamoTickets(self.table)

    @cached_property
    def audits(self) -> Audits:
        from switchboard.stores.dynamodb.audits import DynamoAudits

        return DynamoAudits(self.table)

    @cached_property
    def calls(self) -> Calls:
        from switchboard.stores.dynamodb.calls import DynamoCalls

        return DynamoCalls(self.table)

    @cached_property
    def hosts(self) -> Hosts:
        from switchboard.stores.dynamodb.hosts import DynamoHosts

        return DynamoHosts(self.table, self.clock)

    @cached_property
    def transcripts(self) -> Transcripts:
        from switchboard.stores.dynamodb.transcripts import DynamoTranscripts

        return DynamoTranscripts(self.table, limits.SESSION_DAYS * 24 * 3600, self.clock)

    @cached_property
    def tool_calls(self) -> ToolCalls:
        from switchboard.stores.dynamodb.tool_calls import DynamoToolCalls

        return DynamoToolCalls(self.table)

    @cached_property
    def server_tools(self) -> ServerTools:
        """The tools that hosts run for the model, as the packed file tells them."""
        from switchboard.domain.tool import ServerTools

        text = (PACKED / self.settings.tools_file).read_text("utf-8")
        if text.strip() == "{}":
            return ServerTools()  # nearly always, and to read the reader takes time
        from switchboard.domain.tool_config import read_tools

        return read_tools(text)

    @cached_property
    def viewers(self) -> Viewers:
        from switchboard.stores.dynamodb.viewers import DynamoViewers

        return DynamoViewers(self.table, self.clock)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        from switchboard.upstream.aws.mailboxes import SqsMailboxes

        seconds = limits.AWS_READ_SECONDS + limits.MAILBOX_POLL_SECONDS
        client = self.client("sqs", seconds, max_pool_connections=limits.STREAMS_OF_A_PROCESS)
        return SqsMailboxes(client, self.settings.mailbox_prefix, self.clock)

    @cached_property
    def extractions(self) -> Extractions:
        from switchboard.stores.dynamodb.extractions import DynamoExtractions

        return DynamoExtractions(self.table)

    @cached_property
    def digests(self) -> Digests:
        from switchboard.stores.dynamodb.extractions import DynamoDigests

        return DynamoDigests(self.table, self.clock)

    @cached_property
    def logs(self) -> Logs:
        from switchboard.stores.dynamodb.logs import DynamoLogs

        return DynamoLogs(self.table)

    @cached_property
    def reports(self) -> Reports:
        from switchboard.stores.dynamodb.reports import DynamoReports

        return DynamoReports(self.table)

    @cached_property
    def memories(self) -> Memories:
        from switchboard.stores.dynamodb.memories import DynamoMemories

        return DynamoMemories(self.table)

    @cached_property
    def relevance(self) -> Relevance:
        if not self.settings.embeddings_model:
            from switchboard.domain.memory import SharedWords

            return SharedWords()
        from switchboard.upstream.openai.embeddings import Embedded, OpenAIEmbeddings

        return Embedded(OpenAIEmbeddings(self.openai, self.settings.embeddings_model))

    @cached_property
    def quotas(self) -> Quotas:
        from switchboard.domain.quota import Quotas

        return Quotas(self.buckets, self.settings.quotas, self.clock, self.metrics.tell)

    @cached_property
    def places(self) -> Places:
        from switchboard.domain.places import Places
        from switchboard.stores.dynamodb.places import DynamoPlaces

        sizes = self.settings.calls_at_once
        return Places(DynamoPlaces(self.table), sizes, self.clock, self.metrics.tell)

    @cached_property
    def buckets(self) -> Buckets:
        if self._environ.get("REDIS_URL") or self._environ.get("REDIS_URL_ARN"):
            from redis import Redis

            from switchboard.stores.redis.buckets import RedisBuckets

            seconds = limits.REDIS_SECONDS
            url = self.required_secret("REDIS_URL")
            return RedisBuckets(Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds))
        from switchboard.stores.dynamodb.buckets import DynamoBuckets

        return DynamoBuckets(self.table)

    @cached_property
    def metrics(self) -> EmbeddedMetrics:
        from switchboard.metrics import EmbeddedMetrics

        return EmbeddedMetrics(self.settings.stage, self.clock)

    @cached_property
    def openai(self) -> OpenAIHttp:
        from switchboard.upstream.openai.http import OpenAIHttp

        return OpenAIHttp(self.settings.openai_base_url, self.api_key)

    @cached_property
    def realtime(self) -> Realtime:
        from switchboard.upstream.openai.realtime import OpenAIRealtime

        return OpenAIRealtime(self.openai)

    @cached_property
    def responses(self) -> Responses:
        from switchboard.upstream.openai.responses import OpenAIResponses

        return OpenAIResponses(self.openai, self.settings.responses_model)

    @cached_property
    def sideband(self) -> SidebandCommands:
        from switchboard.upstream.aws.sideband_queue import SqsSidebandCommands

        return SqsSidebandCommands(self.client("sqs"), self.settings.sideband_queue_url)

    @cached_property
    def workflows(self) -> Workflows:
        from switchboard.upstream.aws.workflows import StepFunctionsWorkflows

        return StepFunctionsWorkflows(
            self.client("stepfunctions", limits.WORKFLOW_READ_SECONDS, tries=1),
            self.settings.renew_state_machine_arn,
            self.settings.extract_state_machine_arn,
            self.settings.summarise_state_machine_arn,
        )

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

    def api_key(self) -> ApiKey:
        """Return our key to the upstream."""
        return ApiKey(self.required_secret("OPENAI_API_KEY"))

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


_parts = Parts(os.environ)


def bootstrap(names: Iterable[str]) -> Parts:
    """Return the parts, with those named made now: so that a function pays for them while it starts."""
    for name in names:
        getattr(_parts, name)
    if ON_LAMBDA:
        gc.freeze()
        gc.enable()
    return _parts
