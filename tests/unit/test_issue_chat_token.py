"""A chat's token: ours or the upstream's, fresh while the session lives, dead with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import ChatBusy, ChatKitNotConfigured, NotFound, UpstreamUnavailable
from switchboard.usecases.close_codex_session import close_codex_session
from switchboard.usecases.delete_codex_session import delete_codex_session
from switchboard.usecases.get_codex_session import get_codex_session

from tests.unit.chat_world import ANN, ChatWorld
from tests.unit.codex_given import create, names, token
from tests.unit.fakes import START


@pytest.fixture
def world() -> ChatWorld:
    return ChatWorld()


def test_a_token_lives_for_minutes_and_no_longer_than_its_session(world: ChatWorld) -> None:
    session = create(world)
    issued = token(world, session)
    assert issued.expires_at == START + timedelta(seconds=limits.TOKEN_SECONDS)
    assert issued.token not in repr(issued)
    world.time.sleep(limits.CODEX_SECONDS - 60)
    assert token(world, session).expires_at == START + timedelta(seconds=limits.CODEX_SECONDS)
    assert world.names().count("codex.chatkit.token.issued") == 2
    assert issued.token not in repr(world.events)


def test_a_token_dies_with_its_session_though_its_chat_could_not_be_ended(world: ChatWorld) -> None:
    session = create(world)
    world.codex.close(world.codex.get(session.session_id, ANN.owner).close(world.clock()))
    assert world.only_chat().status == "active"
    with pytest.raises(NotFound):
        token(world, session)


@pytest.mark.parametrize("end", [close_codex_session, delete_codex_session])
def test_a_token_dies_with_its_session(world: ChatWorld, end: Any) -> None:
    session = create(world)
    token(world, session)
    end(names(session), ANN, world)
    with pytest.raises(NotFound):
        token(world, session)


def test_in_hosted_mode_the_first_token_opens_the_upstreams_session(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    assert world.hosted.opened == 0
    issued = token(world, session)
    assert (issued.token, issued.expires_at) == ("ek_1", START + timedelta(minutes=10))
    assert world.only_chat().expires_at == START + timedelta(seconds=limits.CODEX_SECONDS)


def test_in_hosted_mode_a_token_is_handed_out_again_while_it_is_fresh(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    assert [token(world, session).token for _ in range(3)] == ["ek_1"] * 3
    world.time.sleep(600 - limits.TOKEN_LEFT_SECONDS)
    assert token(world, session).token == "ek_2"


def test_in_hosted_mode_without_hosted_chatkit_it_says_so(world: ChatWorld) -> None:
    world.in_hosted_mode()
    for agent_id in ("local", "assistant"):
        world.hosted.configured = agent_id == "local"
        with pytest.raises(ChatKitNotConfigured):
            create(world, agent_id=agent_id)


def test_whoever_asks_while_another_opens_is_told_to_come_again(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    refused: list[ChatBusy] = []

    def ask_too() -> None:
        with pytest.raises(ChatBusy) as busy:
            token(world, session)
        refused.append(busy.value)

    world.hosted.meanwhile = ask_too
    token(world, session)
    assert [(error.code, error.retry_after) for error in refused] == [("chat_session_busy", 1)]
    assert world.hosted.opened == 1


def test_one_that_is_closed_while_its_token_is_opened_has_none(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    world.hosted.meanwhile = lambda: close_codex_session(names(session), ANN, world)
    with pytest.raises(NotFound):
        token(world, session)
    assert world.hosted.live == {}


def test_an_upstream_that_fails_leaves_the_session_as_it_was(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    world.hosted.refuses_open = UpstreamUnavailable("gone")
    with pytest.raises(UpstreamUnavailable):
        token(world, session)
    assert get_codex_session(names(session), ANN, world) == session
    world.hosted.refuses_open = None
    assert token(world, session).token == "ek_1"


def test_a_closed_one_is_cancelled_upstream(world: ChatWorld) -> None:
    world.in_hosted_mode()
    session = create(world)
    token(world, session)
    close_codex_session(names(session), ANN, world)
    assert world.hosted.live == {}
