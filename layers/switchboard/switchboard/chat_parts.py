"""The parts of chat and codex sessions: the half of `bootstrap.py` that only they need."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from switchboard.domain import chat_limits

if TYPE_CHECKING:
    from switchboard.domain.agents import Agents
    from switchboard.domain.chat_token import TokenReader, Tokens
    from switchboard.domain.ports.chats import ChatKit, ChatSessions, CodexSessions, Journal, Threads
    from switchboard.domain.ports.surroundings import Clock, NewId, Sleep
    from switchboard.domain.quota import Buckets, Quotas
    from switchboard.metrics import EmbeddedMetrics
    from switchboard.settings import Settings
    from switchboard.stores.dynamodb.table import Table
    from switchboard.upstream.openai.http import OpenAIHttp

PACKED = Path(__file__).parent
"""Where configurations are packed, such as that of agents; the name of one elsewhere begins with a slash."""


class ChatParts:
    """Makes them of the parts below, which whoever inherits this has."""

    if TYPE_CHECKING:

        @property
        def settings(self) -> Settings: ...

        @property
        def clock(self) -> Clock: ...

        @property
        def new_id(self) -> NewId: ...

        @property
        def sleep(self) -> Sleep: ...

        @property
        def table(self) -> Table: ...

        @property
        def buckets(self) -> Buckets: ...

        @property
        def metrics(self) -> EmbeddedMetrics: ...

        @property
        def openai(self) -> OpenAIHttp: ...

        def client(self, service: str) -> Any: ...

        def secret(self, name: str) -> str | None: ...

    @cached_property
    def agents(self) -> Agents:
        from switchboard.domain.agents import Agents

        path = PACKED / self.settings.agents_file
        return Agents.read(path.read_text("utf-8")).with_workflows(self.settings.chatkit_workflows)

    @cached_property
    def chats(self) -> ChatSessions:
        from switchboard.stores.dynamodb.chats import DynamoChats

        return DynamoChats(self.table)

    @cached_property
    def codex(self) -> CodexSessions:
        from switchboard.stores.dynamodb.codex import DynamoCodex

        return DynamoCodex(self.table, self.clock, self.sleep)

    @cached_property
    def threads(self) -> Threads:
        from switchboard.stores.dynamodb.threads import DynamoThreads

        return DynamoThreads(self.table, self.clock)

    @cached_property
    def chatkit(self) -> ChatKit:
        from switchboard.upstream.openai.chatkit import OpenAIChatKit

        project = self.settings.chatkit_project
        found = OpenAIChatKit(lambda: self.openai, project, lambda: self.secret("OPENAI_CHATKIT_SECRET"))
        if project:
            _ = (
                self.openai
            )  # made while the function starts, but only where it is used: it costs half a start
        return found

    @cached_property
    def tokens(self) -> Tokens:
        from switchboard.upstream.aws.tokens import KmsTokens

        settings = self.settings
        return KmsTokens(self.client("kms"), settings.token_key_ids, settings.token_issuer, self.new_id)

    @cached_property
    def token_reader(self) -> TokenReader:
        from switchboard.upstream.aws.token_reader import JwtReader

        return JwtReader(self.tokens.jwks, self.settings.token_issuer, self.clock)

    @cached_property
    def chat_quotas(self) -> Quotas:
        from switchboard.domain.quota import Allowance, Quotas

        texts = {"chat:user": chat_limits.MESSAGES_OF_USER, "chat:fleet": chat_limits.MESSAGES_OF_FLEET}
        allowances = {name: Allowance.parse(text) for name, text in texts.items()}
        return Quotas(self.buckets, allowances, self.clock, self.metrics.tell)

    @cached_property
    def journal(self) -> Journal:
        from switchboard.journal import LoggedJournal

        return LoggedJournal()
