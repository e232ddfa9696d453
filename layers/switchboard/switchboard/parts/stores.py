"""The parts that keep things, each in rows of the table."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from switchboard.domain import limits
from switchboard.parts.ground import Ground

if TYPE_CHECKING:
    from switchboard.domain.audit import Audits
    from switchboard.domain.memory import Memories
    from switchboard.domain.ports.calls import Calls
    from switchboard.domain.ports.chats import ChatSessions, CodexSessions, Threads
    from switchboard.domain.ports.extractions import Extractions
    from switchboard.domain.ports.keys import KeySets
    from switchboard.domain.ports.logs import Logs
    from switchboard.domain.ports.sessions import Secrets, Sessions
    from switchboard.domain.ports.sideband import Hosts
    from switchboard.domain.ports.transcripts import Digests, Transcripts
    from switchboard.domain.talk import Reports
    from switchboard.domain.ticket import Tickets
    from switchboard.domain.tool_call import ToolCalls
    from switchboard.domain.viewers import Viewers


class Stores(Ground):
    """What is kept."""

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
    def viewers(self) -> Viewers:
        from switchboard.stores.dynamodb.viewers import DynamoViewers

        return DynamoViewers(self.table, self.clock)

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
    def key_sets(self) -> KeySets:
        from switchboard.stores.dynamodb.key_sets import DynamoKeySets

        return DynamoKeySets(self.table)

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
