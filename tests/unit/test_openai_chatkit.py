"""Hosted ChatKit: what is sent, what is believed of the answer, and what is repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from json import loads
from typing import Any

import httpx
import pytest
from switchboard.domain.agents import Agent
from switchboard.domain.errors import (
    ChatKitNotConfigured,
    SwitchboardError,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnavailable,
)
from switchboard.domain.secret import ApiKey
from switchboard.upstream.openai.chatkit import OpenAIChatKit
from switchboard.upstream.openai.http import OpenAIHttp

AGENT = Agent("assistant", "Help.", workflow="wf_1", workflow_version="2")
GOOD = {"id": "cksess_1", "client_secret": "ek_1", "expires_at": 1_800_000_000, "status": "active"}


class Upstream:
    """Answers with what the test has put there, the last again and again; keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def chatkit(upstream: Upstream, project: str = "proj_1", key: str | None = "sk-chat") -> OpenAIChatKit:
    transport = httpx.MockTransport(upstream)
    http = OpenAIHttp("https://api.example.com/v1", lambda: ApiKey("sk-other"), transport, lambda _: None)
    return OpenAIChatKit(lambda: http, project, lambda: key)


def answer(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def test_a_session_is_asked_for_under_its_own_project_and_key() -> None:
    upstream = Upstream(answer(GOOD))
    opened = chatkit(upstream).open(AGENT, "hash")
    assert (opened.id, opened.client_secret) == ("cksess_1", "ek_1")
    assert opened.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    [asked] = upstream.asked
    assert asked.url.path == "/v1/chatkit/sessions"
    assert asked.headers["authorization"] == "Bearer sk-chat"
    assert asked.headers["openai-project"] == "proj_1"
    assert asked.headers["openai-beta"] == "chatkit_beta=v1"
    assert loads(asked.content) == {
        "user": "hash",
        "workflow": {"id": "wf_1", "version": "2"},
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "rate_limits": {"max_requests_per_1_minute": 30},
    }


def test_an_opened_session_does_not_print_its_secret() -> None:
    assert "ek_1" not in repr(chatkit(Upstream(answer(GOOD))).open(AGENT, "hash"))


@pytest.mark.parametrize(
    ("project", "key", "agent"),
    [("", "sk-chat", AGENT), ("proj_1", None, AGENT), ("proj_1", "sk-chat", Agent("local", "Help."))],
    ids=["no project", "no key", "no workflow"],
)
def test_what_is_not_configured_asks_nobody(project: str, key: str | None, agent: Agent) -> None:
    upstream = Upstream(answer(GOOD))
    with pytest.raises(ChatKitNotConfigured):
        chatkit(upstream, project, key).open(agent, "hash")
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (answer({}, 500), UpstreamUnavailable),
        (answer({}, 429), UpstreamBusy),
        (answer({}, 404), UpstreamRefused),
        (httpx.ReadTimeout("slow"), UpstreamUnavailable),
        (httpx.ConnectError("gone"), UpstreamUnavailable),
    ],
    ids=repr,
)
def test_opening_is_tried_once(failure: Any, error: type[SwitchboardError]) -> None:
    upstream = Upstream(failure)
    with pytest.raises(error):
        chatkit(upstream).open(AGENT, "hash")
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"id": "../cancel"},
        {"id": 7},
        {"client_secret": None},
        {"client_secret": "a\nb"},
        {"client_secret": ["ek"]},
        {"expires_at": None},
        {"expires_at": "soon"},
        {"expires_at": 1e30},
    ],
)
def test_an_answer_that_makes_no_sense_is_not_believed(changes: dict[str, Any]) -> None:
    with pytest.raises(UpstreamUnavailable):
        chatkit(Upstream(answer({**GOOD, **changes}))).open(AGENT, "hash")


@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_over_or_forgotten_is_cancelled(status: int) -> None:
    upstream = Upstream(answer({}, status))
    chatkit(upstream).cancel("cksess_1")
    assert [each.url.path for each in upstream.asked] == ["/v1/chatkit/sessions/cksess_1/cancel"]


def test_a_cancel_is_repeated_where_that_may_heal() -> None:
    upstream = Upstream(answer({}, 500), answer({}))
    chatkit(upstream).cancel("cksess_1")
    assert len(upstream.asked) == 2


@pytest.mark.parametrize(("status", "error"), [(401, UpstreamRefused), (500, UpstreamUnavailable)])
def test_a_cancel_that_is_not_taken_says_so(status: int, error: type[SwitchboardError]) -> None:
    with pytest.raises(error):
        chatkit(Upstream(answer({}, status))).cancel("cksess_1")
