"""Hosted ChatKit: sessions opened and cancelled at the upstream, which can neither list nor show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from re import fullmatch
from typing import TYPE_CHECKING, Any

from switchboard.domain import chat_limits as limits
from switchboard.domain.agents import Agent
from switchboard.domain.errors import ChatKitNotConfigured, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.ports.chats import OpenedChat
from switchboard.domain.secret import ApiKey

if TYPE_CHECKING:
    from switchboard.upstream.openai.http import OpenAIHttp

BETA = "chatkit_beta=v1"
ID = r"[A-Za-z0-9_-]{1,128}"
"""What an id looks like: it becomes part of a path."""
SECRET = r"[\x21-\x7e]{1,4096}"
"""What a secret looks like: something that fits into a header."""
OVER = frozenset({400, 404})
"""Statuses of a cancel that finds nothing to cancel: it is over, which is all that was asked for."""


class OpenAIChatKit:
    """The upstream's chat sessions, under a project and a key of their own."""

    def __init__(self, http: Callable[[], OpenAIHttp], project: str, key: Callable[[], str | None]) -> None:
        self._http = http
        self._project = project
        self._key = key

    def require_configured(self, agent: Agent) -> None:
        """Raise ChatKitNotConfigured if this deployment or this agent has no hosted ChatKit."""
        if not self._project or not self._key():
            raise ChatKitNotConfigured("This deployment has no hosted ChatKit.")
        if not agent.workflow:
            raise ChatKitNotConfigured("This agent has no hosted workflow.", details={"agent_id": agent.id})

    def open(self, agent: Agent, user: str) -> OpenedChat:
        """Open a session once, without repeating: a lost answer must not become a second session."""
        self.require_configured(agent)
        workflow = {"id": agent.workflow}
        if agent.workflow_version:
            workflow["version"] = agent.workflow_version
        body = {
            "user": user,
            "workflow": workflow,
            "expires_after": {"anchor": "created_at", "seconds": limits.UPSTREAM_SECONDS},
            "rate_limits": {"max_requests_per_1_minute": limits.REQUESTS_PER_MINUTE},
        }
        return _opened(self._post("chatkit/sessions", body, limits.OPEN_SECONDS, tries=1))

    def cancel(self, upstream_id: str) -> None:
        """Cancel a session; one that is over or forgotten is fine. Raise an UpstreamError."""
        try:
            self._post(f"chatkit/sessions/{upstream_id}/cancel", None, limits.CANCEL_SECONDS)
        except UpstreamRefused as error:
            if (error.details or {}).get("upstream_status") not in OVER:
                raise

    def _post(self, path: str, body: dict[str, Any] | None, seconds: float, **more: Any) -> dict[str, Any]:
        headers = {"OpenAI-Beta": BETA, "OpenAI-Project": self._project}
        credential = ApiKey(self._key() or "")
        return self._http().post(path, body, seconds, headers=headers, credential=credential, **more)


def _opened(answer: dict[str, Any]) -> OpenedChat:
    upstream_id, secret = answer.get("id"), answer.get("client_secret")
    try:
        expires_at = datetime.fromtimestamp(answer["expires_at"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise UpstreamUnavailable("OpenAI answered without a time of expiry.") from None
    if not isinstance(upstream_id, str) or not fullmatch(ID, upstream_id):
        raise UpstreamUnavailable("OpenAI answered without an id.")
    if not isinstance(secret, str) or not fullmatch(SECRET, secret):
        raise UpstreamUnavailable("OpenAI answered without a secret.")
    return OpenedChat(upstream_id, secret, expires_at)
