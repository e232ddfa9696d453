"""Where the self-hosted server's parts meet."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from switchboard.agent.wiring import deps
from switchboard.bootstrap import bootstrap
from switchboard.domain.chat_session import ChatEvent
from switchboard.selfhosted.answers import Answers
from switchboard.selfhosted.application import Web
from switchboard.selfhosted.context import ChatContext, Door
from switchboard.selfhosted.server import SwitchboardChat
from switchboard.selfhosted.store import ChatKitStore

PARTS = ("agents", "chats", "codex", "threads", "token_reader", "chat_quotas", "metrics", "clock", "new_id")


def web() -> Web:
    """Return the parts as the environment says; they are made now, while the process starts."""
    from aws_lambda_powertools import Logger

    log = Logger(service="chatkit")
    logging.getLogger("switchboard").addHandler(log.registered_handler)
    parts = bootstrap((*PARTS, "settings"))

    def keep_feedback(context: ChatContext, payload: dict[str, Any]) -> None:
        event = ChatEvent(parts.new_id("evt_"), context.chat.id, "feedback", payload, parts.clock())
        parts.chats.add_event(context.chat, event)

    answering = deps()
    without_extras = replace(answering.parts, ask=None, embed=None)  # the thread is read anew each time
    server = SwitchboardChat(
        ChatKitStore(parts.threads, parts.new_id),
        Answers(parts.agents, replace(answering, parts=without_extras)),
        keep_feedback,
    )
    return Web(
        door=Door(parts.token_reader, parts.codex, parts.chats, parts.clock),
        server=server,
        quotas=parts.chat_quotas,
        new_id=parts.new_id,
        origin=parts.settings.allowed_origin,
        log=log,
        tell=parts.metrics.tell,
    )
