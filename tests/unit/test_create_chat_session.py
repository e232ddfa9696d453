"""A hosted chat session is on record before the upstream is asked, and no failure leaves an orphan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import (
    ChatKitNotConfigured,
    PayloadTooLarge,
    QuotaExceeded,
    SwitchboardError,
    Throttled,
    UnknownAgent,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnavailable,
)
from switchboard.usecases.chat_view import ChatSessionView
from switchboard.usecases.create_chat_session import CreateChatSession, create_chat_session

from tests.unit.chat_world import ANN, GUEST, ChatWorld
from tests.unit.fakes import START


@pytest.fixture
def world() -> ChatWorld:
    return ChatWorld()


def create(world: ChatWorld, **fields: Any) -> ChatSessionView:
    request = CreateChatSession.model_validate({"agent_id": "assistant", **fields})
    return create_chat_session(request, ANN, world)


def test_a_new_one_is_open_here_and_upstream(world: ChatWorld) -> None:
    answer = create(world, channel="voice", org_id="org_1", metadata={"page": "/"})
    assert (answer.status, answer.channel, answer.org_id) == ("active", "voice", "org_1")
    assert answer.chatkit.client_secret == "ek_1"
    stored = world.chats.get(answer.id, ANN.owner)
    assert (stored.upstream.state, stored.upstream.id) == ("active", "cksess_1")
    assert stored.metadata == {"page": "/"}
    assert world.counted("ChatSessionsCreated") == [1]


def test_it_ends_with_the_upstreams_session(world: ChatWorld) -> None:
    answer = create(world)
    assert answer.expires_at == answer.chatkit.expires_at == START + timedelta(minutes=10)


def test_the_answer_has_each_familys_own_spelling(world: ChatWorld) -> None:
    sent = create(world).model_dump(by_alias=True)
    assert {"id", "org_id", "user_id", "agent_id", "created_at"} <= sent.keys()
    assert {"sessionId", "clientSecret", "expiresAt"} <= sent["chatkit"].keys()


def test_the_upstream_learns_no_name(world: ChatWorld) -> None:
    create(world)
    assert list(world.hosted.live.values()) == [ANN.safety_identifier]


def test_the_secret_is_neither_kept_nor_shown(world: ChatWorld) -> None:
    answer = create(world)
    assert "ek_1" not in repr(answer)
    assert "ek_1" not in repr(world.only_chat())
    assert "ek_1" not in repr(world.events)


def test_a_guest_may_have_one(world: ChatWorld) -> None:
    request = CreateChatSession.model_validate({"agent_id": "assistant"})
    assert create_chat_session(request, GUEST, world).user_id == GUEST.owner


def test_without_hosted_chatkit_it_says_so_and_leaves_nothing(world: ChatWorld) -> None:
    world.hosted.configured = False
    with pytest.raises(ChatKitNotConfigured) as refused:
        create(world)
    assert refused.value.code == "chatkit_not_configured"
    assert world.chats.list(ANN.owner).items == ()


def test_an_agent_without_a_workflow_is_not_configured(world: ChatWorld) -> None:
    with pytest.raises(ChatKitNotConfigured):
        create(world, agent_id="local")


@pytest.mark.parametrize("agent_id", ["nobody", "../assistant", "ASSISTANT", "a b"])
def test_an_unknown_agent_is_refused_by_name(world: ChatWorld, agent_id: str) -> None:
    with pytest.raises(UnknownAgent) as refused:
        create(world, agent_id=agent_id)
    assert refused.value.code == "unknown_agent"
    assert world.chats.list(ANN.owner).items == ()


@pytest.mark.parametrize(
    "error", [UpstreamRefused("no"), UpstreamBusy("later"), UpstreamUnavailable("gone")], ids=repr
)
def test_an_upstream_that_fails_leaves_a_record_that_says_so_and_no_allowance_used(
    world: ChatWorld, error: SwitchboardError
) -> None:
    world.hosted.refuses_open = error
    with pytest.raises(type(error)):
        create(world)
    chat = world.only_chat()
    assert (chat.status, chat.reason, chat.upstream.state, chat.due) == ("ended", "failed", "failed", None)
    assert world.counted("ChatSessionsCreated") == []


def test_a_record_that_cannot_be_kept_takes_the_upstreams_session_back(world: ChatWorld) -> None:
    world.hosted.meanwhile = lambda: setattr(world.chats, "save", _busy)
    with pytest.raises(Throttled):
        create(world)
    assert world.hosted.live == {}
    assert world.only_chat().upstream.state == "opening"  # for the sweep


def test_an_upstream_that_dies_then_too_is_recorded_as_an_orphan(world: ChatWorld) -> None:
    world.hosted.meanwhile = lambda: setattr(world.chats, "save", _busy)
    world.hosted.refuses_cancel = UpstreamUnavailable("gone")
    with pytest.raises(Throttled):
        create(world)
    [(event, facts)] = world.events
    assert (event, facts["upstream_id"]) == ("chatkit.session.orphaned", "cksess_1")
    assert world.counted("ChatSessionsOrphaned") == [1]


def test_one_that_is_cancelled_while_it_opens_is_cancelled_upstream(world: ChatWorld) -> None:
    def cancel() -> None:
        world.chats.save(world.only_chat().end(world.clock(), "cancelled"))

    world.hosted.meanwhile = cancel
    answer = create(world)
    assert (answer.status, answer.chatkit.status) == ("ended", "cancelled")
    assert world.hosted.live == {}


def test_the_allowance_is_shared_with_voice_sessions(world: ChatWorld) -> None:
    for _ in range(world.settings.quotas["mint:user"].tokens):
        create(world)
    with pytest.raises(QuotaExceeded):
        create(world)


@pytest.mark.parametrize(
    "fields",
    [
        {"agent_id": ""},
        {"agent_id": "x" * 65},
        {"agent_id": None},
        {"channel": "mail"},
        {"org_id": "a b"},
        {"metadata": []},
        {"metadata": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}}},
        {"unknown": 1},
        {"agentId": "assistant"},
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateChatSession.model_validate({"agent_id": "assistant", **fields})


def test_metadata_over_the_limit_is_too_large() -> None:
    metadata = {"a": "x" * limits.METADATA_BYTES}
    with pytest.raises(PayloadTooLarge):
        CreateChatSession.model_validate({"agent_id": "assistant", "metadata": metadata})


def _busy(*_: Any) -> Any:
    raise Throttled("The table is busy.", retry_after=1)
