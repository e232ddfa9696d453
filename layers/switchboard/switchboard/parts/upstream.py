"""The parts that call other services: the upstream, the queues, the workflows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from switchboard.domain import limits, live_limits
from switchboard.domain.secret import ApiKey
from switchboard.parts.ground import Ground

if TYPE_CHECKING:
    from switchboard.domain.memory import Relevance
    from switchboard.domain.ports.chats import ChatKit
    from switchboard.domain.ports.models import Responses
    from switchboard.domain.ports.realtime import Realtime
    from switchboard.domain.ports.sideband import SidebandCommands
    from switchboard.domain.ports.workflows import Workflows
    from switchboard.domain.viewers import Mailboxes
    from switchboard.upstream.openai.http import OpenAIHttp


class Upstream(Ground):
    """Services that we call."""

    @cached_property
    def openai(self) -> OpenAIHttp:
        from switchboard.upstream.openai.http import OpenAIHttp

        return OpenAIHttp(self.settings.openai_base_url, self.api_key)

    def api_key(self) -> ApiKey:
        """Return our key to the upstream."""
        return ApiKey(self.required_secret("OPENAI_API_KEY"))

    @cached_property
    def realtime(self) -> Realtime:
        from switchboard.upstream.openai.realtime import OpenAIRealtime

        return OpenAIRealtime(self.openai)

    @cached_property
    def responses(self) -> Responses:
        from switchboard.upstream.openai.responses import OpenAIResponses

        return OpenAIResponses(self.openai, self.settings.responses_model)

    @cached_property
    def relevance(self) -> Relevance:
        if not self.settings.embeddings_model:
            from switchboard.domain.memory import SharedWords

            return SharedWords()
        from switchboard.upstream.openai.embeddings import Embedded, OpenAIEmbeddings

        return Embedded(OpenAIEmbeddings(self.openai, self.settings.embeddings_model))

    @cached_property
    def chatkit(self) -> ChatKit:
        from switchboard.upstream.openai.chatkit import OpenAIChatKit

        project = self.settings.chatkit_project
        found = OpenAIChatKit(lambda: self.openai, project, lambda: self.secret("OPENAI_CHATKIT_SECRET"))
        if project:
            # Asked for while the function starts, and only where it is used: it costs half a start.
            _ = self.openai
        return found

    @cached_property
    def sideband(self) -> SidebandCommands:
        from switchboard.upstream.aws.sideband_queue import SqsSidebandCommands

        return SqsSidebandCommands(self.client("sqs"), self.settings.sideband_queue_url)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        from switchboard.upstream.aws.mailboxes import SqsMailboxes

        seconds = limits.AWS_READ_SECONDS + live_limits.MAILBOX_POLL_SECONDS
        client = self.client("sqs", seconds, max_pool_connections=live_limits.STREAMS_OF_A_PROCESS)
        return SqsMailboxes(client, self.settings.mailbox_prefix, self.clock)

    @cached_property
    def workflows(self) -> Workflows:
        from switchboard.upstream.aws.workflows import StepFunctionsWorkflows

        return StepFunctionsWorkflows(
            self.client("stepfunctions", limits.WORKFLOW_READ_SECONDS, tries=1),
            self.settings.renew_state_machine_arn,
            self.settings.extract_state_machine_arn,
            self.settings.summarise_state_machine_arn,
        )
