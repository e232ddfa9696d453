"""Codex sessions: for verified users, one in each place with each agent; their tokens die with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import (
    CodexSessionActive,
    EmailNotVerified,
    Forbidden,
    NotFound,
    SwitchboardError,
    Unauthorized,
    UnknownAgent,
    UpstreamUnavailable,
)
from switchboard.domain.ports.chats import Scope, ThreadRow
from switchboard.domain.principal import Principal
from switchboard.usecases.close_codex_session import close_codex_session
from switchboard.usecases.codex_view import CodexSessionView, NamesCodexSession
from switchboard.usecases.create_codex_session import CreateCodexSession
from switchboard.usecases.delete_codex_session import delete_codex_session
from switchboard.usecases.get_codex_session import get_codex_session
from switchboard.usecases.get_current_codex_session import (
    GetCurrentCodexSession,
    get_current_codex_session,
)
from switchboard.usecases.get_jwks import GetJwks, get_jwks
from switchboard.usecases.issue_chat_token import issue_chat_token
from switchboard.usecases.list_chat_sessions import ListChatSessions, list_chat_sessions

from tests.unit.chat_world import ANN, BOB, GUEST, SERVICE, SILENT, UNVERIFIED, ChatWorld
from tests.unit.codex_given import KEY, create, names, token
from tests.unit.fakes import START

NOBODYS = "cdx_" + "f" * 32


@pytest.fixture
def world() -> ChatWorld:
    return ChatWorld()


def current(world: ChatWorld, who: Principal = ANN, **fields: str) -> CodexSessionView:
    return get_current_codex_session(GetCurrentCodexSession(**{**KEY, **fields}), who, world)


def test_a_new_one_has_a_chat_session_beneath_it(world: ChatWorld) -> None:
    session = create(world, context={"page": "/"})
    assert (session.status, session.metadata["context"]) == ("active", {"page": "/"})
    chat = world.only_chat()
    assert session.metadata["chat_session_id"] == chat.id
    assert (chat.codex_session_id, chat.mode, chat.holder) == (
        session.session_id,
        "self_hosted",
        "agent:assistant",
    )
    assert world.names() == ["codex.session.created"]
    assert world.counted("ChatSessionsCreated") == [1]


def test_it_asks_nothing_of_the_upstream(world: ChatWorld) -> None:
    world.hosted.configured = False
    world.hosted.refuses_open = UpstreamUnavailable("gone")
    assert token(world, create(world)).token.startswith("jwt")


@pytest.mark.parametrize(
    ("who", "error", "code"),
    [
        (UNVERIFIED, EmailNotVerified, "email_not_verified"),
        (SILENT, EmailNotVerified, "email_not_verified"),
        (SERVICE, Forbidden, "forbidden"),
        (GUEST, Unauthorized, "unauthorized"),
    ],
    ids=["unverified", "silent", "service", "guest"],
)
def test_only_verified_users_come_in_by_any_route(
    world: ChatWorld, who: Principal, error: type[SwitchboardError], code: str
) -> None:
    session = create(world)
    for act in (
        lambda: create(world, who),
        lambda: current(world, who),
        lambda: token(world, session, who),
        lambda: get_codex_session(names(session), who, world),
        lambda: close_codex_session(names(session), who, world),
        lambda: delete_codex_session(names(session), who, world),
        lambda: list_chat_sessions(ListChatSessions(), who, world),
    ):
        with pytest.raises(error) as refused:
            act()
        assert refused.value.code == code


def test_a_second_one_is_refused_with_the_way_to_the_first(world: ChatWorld) -> None:
    first = create(world)
    with pytest.raises(CodexSessionActive) as refused:
        create(world)
    assert refused.value.details == {
        "current": "/api/codex/sessions/current?placement=sidebar&agent_id=assistant"
    }
    assert current(world) == first


def test_other_places_agents_and_users_have_their_own(world: ChatWorld) -> None:
    create(world)
    create(world, placement="page")
    create(world, agent_id="researcher")
    create(world, BOB)
    assert len(world.chats.list(ANN.owner).items) == 3


def test_an_unknown_agent_is_refused(world: ChatWorld) -> None:
    with pytest.raises(UnknownAgent):
        create(world, agent_id="nobody")


def test_there_is_no_current_one_before_the_first_and_after_the_last(world: ChatWorld) -> None:
    with pytest.raises(NotFound):
        current(world)
    close_codex_session(names(create(world)), ANN, world)
    with pytest.raises(NotFound):
        current(world)


@pytest.mark.parametrize("session_id", [None, NOBODYS])
def test_anothers_looks_like_none(world: ChatWorld, session_id: str | None) -> None:
    asked = NamesCodexSession(session_id=session_id or create(world).session_id)
    for act in (get_codex_session, close_codex_session, delete_codex_session, issue_chat_token):
        with pytest.raises(NotFound) as refused:
            act(asked, BOB, world)
        assert refused.value.message == "There is no such session."


def test_a_closed_one_ends_its_chat_and_makes_room(world: ChatWorld) -> None:
    session = create(world)
    closed = close_codex_session(names(session), ANN, world)
    assert closed.status == "closed"
    assert world.only_chat().reason == "closed"
    assert get_codex_session(names(session), ANN, world) == closed
    assert create(world).session_id != session.session_id


def test_closing_again_changes_nothing(world: ChatWorld) -> None:
    session = create(world)
    first = close_codex_session(names(session), ANN, world)
    world.time.sleep(5)
    assert close_codex_session(names(session), ANN, world) == first
    assert world.names().count("codex.session.closed") == 1
    assert len(world.chats.list_events(world.only_chat().id)) == 1


def test_one_past_its_time_is_gone(world: ChatWorld) -> None:
    session = create(world)
    world.time.sleep(limits.CODEX_SECONDS)
    for act in (get_codex_session, close_codex_session, issue_chat_token):
        with pytest.raises(NotFound):
            act(names(session), ANN, world)
    with pytest.raises(NotFound):
        current(world)
    create(world)


def test_a_deleted_one_is_gone_with_what_was_said_in_it_and_nothing_else(world: ChatWorld) -> None:
    session = create(world)
    mine, other = Scope(ANN.owner, "sidebar"), Scope(ANN.owner, "page")
    chat_id = world.only_chat().id
    for number in range(150):
        keep(world, mine, f"thr_{number}", "chat_before" if number % 2 else chat_id, number)
    keep(world, other, "thr_other", "chat_other", 0)
    delete_codex_session(names(session), ANN, world)
    with pytest.raises(NotFound):
        get_codex_session(names(session), ANN, world)
    left, _ = world.threads.list(mine, None, 1000, newest_first=True)
    assert {thread.facts["session_id"] for thread in left} == {"chat_before"}
    assert len(left) == 75
    assert world.threads.find(other, "thr_other") is not None
    assert world.only_chat().status == "ended"
    with pytest.raises(NotFound):
        delete_codex_session(names(session), ANN, world)


def keep(world: ChatWorld, scope: Scope, thread_id: str, chat_id: str, seconds: int) -> None:
    created_at = START + timedelta(seconds=seconds)
    world.threads.save(scope, ThreadRow(thread_id, created_at, "{}", {"session_id": chat_id}))


def test_a_user_lists_their_own_chat_sessions(world: ChatWorld) -> None:
    for placement in ("a", "b", "c"):
        create(world, placement=placement)
        world.time.sleep(1)
    create(world, BOB)
    page = list_chat_sessions(ListChatSessions.model_validate({"limit": "2"}), ANN, world)
    rest = list_chat_sessions(ListChatSessions(cursor=page.cursor), ANN, world)
    placements = [chat.metadata["placement"] for chat in (*page.sessions, *rest.sessions)]
    assert placements == ["c", "b", "a"]
    assert rest.cursor is None


def test_the_public_keys_are_there_for_everybody(world: ChatWorld) -> None:
    [key] = get_jwks(GetJwks(), world).keys
    assert (key.kty, key.alg, key.use) == ("EC", "ES256", "sig")


@pytest.mark.parametrize(
    "fields",
    [
        {"placement": ""},
        {"placement": "a#b"},
        {"placement": "a b"},
        {"placement": "x" * 65},
        {"placement": "side\n"},
        {"agent_id": "x" * 65},
        {"context": "page"},
        {"session_id": NOBODYS},
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateCodexSession.model_validate({**KEY, **fields})


@pytest.mark.parametrize("session_id", ["", "cdx_", "cdx_" + "g" * 32, NOBODYS + "\n", "chat_" + "f" * 44])
def test_an_id_of_another_form_is_refused(session_id: str) -> None:
    with pytest.raises(ValidationError):
        NamesCodexSession(session_id=session_id)


def test_times_are_told_with_their_zone(world: ChatWorld) -> None:
    sent = create(world).model_dump(mode="json")
    assert datetime.fromisoformat(sent["created_at"]) == START
    assert datetime.fromisoformat(sent["metadata"]["expires_at"]).tzinfo is not None
