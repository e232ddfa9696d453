"""The self-hosted ChatKit server: a token opens it, the session's agent answers, what was said is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from json import dumps
from typing import Any

import pytest
from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import Throttled, UpstreamBusy
from switchboard.usecases.close_codex_session import close_codex_session
from switchboard.usecases.codex_view import NamesCodexSession

from tests.unit.agent_fakes import end, says, tokens
from tests.unit.chat_world import ANN, BOB
from tests.unit.selfhosted_world import SelfHosted, kinds, message, thread_of


@pytest.fixture
def server() -> SelfHosted:
    return SelfHosted()


async def test_an_answer_comes_word_by_word_and_is_kept(server: SelfHosted) -> None:
    answer = await server.say("Where is Lisbon?")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    deltas = [event["update"].get("delta") for event in answer.events() if "update" in event]
    assert [delta for delta in deltas if delta] == ["Hello", " there."]
    asked, answered = await server.items(thread_of(answer))
    assert asked["content"][0]["text"] == "Where is Lisbon?"
    assert answered["content"][0]["text"] == "Hello there."


async def test_a_stream_speaks_the_protocol(server: SelfHosted) -> None:
    assert kinds(await server.say("Hi")) == [
        "thread.created",
        "thread.item.done",
        "stream_options",
        "thread.item.added",
        "thread.updated",
        "thread.item.updated",
        "thread.item.done",
    ]


async def test_the_sessions_agent_answers_as_it_is_configured(server: SelfHosted) -> None:
    await server.say("Hi")
    [asked] = server.upstream.asked
    assert (asked["instructions"], asked["model"]) == ("Help.", "gpt-test")
    assert asked["safety_identifier"] == ANN.safety_identifier
    assert asked["store"] is False


async def test_after_a_handover_the_other_agent_answers(server: SelfHosted) -> None:
    chat = server.world.only_chat()
    server.world.chats.save(chat.hand_over("agent:researcher", server.world.clock(), "evt_1"))
    await server.say("Hi")
    assert server.upstream.asked[0]["instructions"] == "Search."


async def test_while_a_person_has_it_no_model_is_asked_and_the_message_is_kept(server: SelfHosted) -> None:
    chat = server.world.only_chat()
    server.world.chats.save(chat.escalate("support", server.world.clock(), "evt_1"))
    answer = await server.say("Is anybody there?")
    assert server.upstream.asked == []
    assert "notice" in kinds(answer)
    assert [item["type"] for item in await server.items(thread_of(answer))] == ["user_message"]


async def test_an_answer_rests_on_what_was_said_before(server: SelfHosted) -> None:
    thread_id = thread_of(await server.say("One."))
    await server.say("Two.", thread_id)
    words = [(item["role"], item["content"]) for item in server.upstream.asked[1]["input"]]
    assert words == [("user", "One."), ("assistant", "Hello there."), ("user", "Two.")]


async def test_threads_do_not_mix(server: SelfHosted) -> None:
    await server.say("One.")
    await server.say("Two.")
    assert len(server.upstream.asked[1]["input"]) == 1


async def test_what_is_quoted_is_told_to_the_agent(server: SelfHosted) -> None:
    await server.ask("threads.create", input={**message("Why?"), "quoted_text": "It rains."})
    assert server.upstream.asked[0]["input"][0]["content"] == "> It rains.\n\nWhy?"


async def test_a_thread_is_named_after_its_first_words(server: SelfHosted) -> None:
    thread_id = thread_of(await server.say("  Where\n is " + "Lisbon " * 50))
    thread = (await server.ask("threads.get_by_id", thread_id=thread_id)).json()
    assert thread["title"].startswith("Where is Lisbon")
    assert len(thread["title"]) <= limits.TITLE_CHARS
    await server.ask("threads.update", thread_id=thread_id, title="Portugal")
    await server.say("And?", thread_id)
    assert (await server.ask("threads.get_by_id", thread_id=thread_id)).json()["title"] == "Portugal"


async def test_a_question_may_be_answered_anew(server: SelfHosted) -> None:
    server.upstream.scripts = [says("First."), says("Second.")]
    thread_id = thread_of(await server.say("Well?"))
    asked, _ = await server.items(thread_id)
    await server.ask("threads.retry_after_item", thread_id=thread_id, item_id=asked["id"])
    _, answered = await server.items(thread_id)
    assert answered["content"][0]["text"] == "Second."
    assert len(server.upstream.asked[1]["input"]) == 1


async def test_feedback_is_kept(server: SelfHosted) -> None:
    thread_id = thread_of(await server.say("Hi"))
    answer = await server.ask("items.feedback", thread_id=thread_id, item_ids=["msg_1"], kind="positive")
    assert answer.status == 200
    assert server.feedback == [{"thread_id": thread_id, "item_ids": ["msg_1"], "kind": "positive"}]


@pytest.mark.parametrize(
    "broken", [[*tokens("Half"), UpstreamBusy("later")], [*tokens("Half"), end("failed")]]
)
async def test_an_answer_that_fails_says_so_and_keeps_what_there_is(broken: list[Any]) -> None:
    server = SelfHosted(broken)
    answer = await server.say("Hi")
    last = answer.events()[-1]
    assert (last["type"], last["allow_retry"]) == ("error", True)
    _, half = await server.items(thread_of(answer))
    assert half["content"][0]["text"] == "Half"


async def test_an_answer_that_fails_at_once_leaves_the_question(server: SelfHosted) -> None:
    server.upstream.scripts = [[UpstreamBusy("OpenAI asks for fewer requests.")]]
    answer = await server.say("Hi")
    assert answer.events()[-1]["message"] == "OpenAI asks for fewer requests."
    assert [item["type"] for item in await server.items(thread_of(answer))] == ["user_message"]


async def test_whoever_leaves_stops_the_upstream_and_finds_what_was_said() -> None:
    server = SelfHosted([*tokens("Half"), asyncio.Event()])
    line = server.line({"type": "threads.create", "params": {"input": message("Hi")}})
    sending = asyncio.create_task(server.send(line))
    await until_true(lambda: any(b"Half" in each.get("body", b"") for each in line.sent))
    line.gone.set()
    await sending
    assert server.upstream.left == 1
    server.upstream.scripts = [says("fine")]
    items = await server.items(thread_of(line.answered()))
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert items[1]["content"][0]["text"] == "Half"


async def test_what_was_said_to_whoever_never_reads_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard.event_stream.EventStream.patience", 0.05)
    monkeypatch.setattr("switchboard.event_stream.EventStream.heartbeat", 0.05)
    server = SelfHosted([*tokens("Half"), asyncio.Event()])
    line = server.line({"type": "threads.create", "params": {"input": message("Hi")}})
    sending = asyncio.create_task(server.send(line))
    await until_true(lambda: line.sent)
    line.reads = asyncio.Event()
    await asyncio.wait_for(sending, 10)
    assert server.upstream.left == 1
    server.upstream.scripts = [says("fine")]
    items = await server.items(thread_of(line.answered()))
    assert [item["type"] for item in items] == ["user_message", "assistant_message"]
    assert items[1]["content"][0]["text"] == "Half"


async def test_a_silent_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchboard.event_stream.EventStream.heartbeat", 0.01)
    server = SelfHosted([asyncio.Event()])
    line = server.line({"type": "threads.create", "params": {"input": message("Hi")}})
    sending = asyncio.create_task(server.send(line))
    await until_true(lambda: any(each.get("body", b"").startswith(b":") for each in line.sent))
    line.gone.set()
    await sending


@pytest.mark.parametrize("token", ["", "Basic x", "Bearer", "Bearer ", "Bearer junk", "junk"])
async def test_without_a_good_token_nobody_comes_in(server: SelfHosted, token: str) -> None:
    answer = await server.send(server.line({"type": "threads.list", "params": {}}), token=token)
    assert (answer.status, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_a_token_for_a_closed_session_finds_nothing(server: SelfHosted) -> None:
    close_codex_session(NamesCodexSession(session_id=server.session.id), ANN, server.world)
    answer = await server.say("Hi")
    assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")
    assert server.upstream.asked == []


async def test_a_token_for_a_closed_session_finds_nothing_though_its_chat_goes_on(server: SelfHosted) -> None:
    server.world.codex.close(server.session.close(server.world.clock()))
    assert server.world.only_chat().status == "active"
    assert (await server.say("Hi")).status == 404


async def test_a_token_for_a_session_past_its_time_finds_nothing(server: SelfHosted) -> None:
    server.world.time.sleep(limits.CODEX_SECONDS)
    assert (await server.say("Hi")).status == 404


async def test_a_token_for_a_cancelled_chat_finds_nothing(server: SelfHosted) -> None:
    server.world.chats.save(server.world.only_chat().end(server.world.clock(), "cancelled"))
    assert (await server.say("Hi")).status == 404


async def test_a_token_that_names_anothers_session_finds_nothing(server: SelfHosted) -> None:
    bobs = server.open(BOB)
    assert (await server.ask("threads.list", replace(bobs, owner=ANN.owner))).status == 404


async def test_nobody_reads_or_changes_anothers_thread(server: SelfHosted) -> None:
    thread_id = thread_of(await server.say("Secret."))
    for stranger in (server.open(BOB), server.open(ANN, "page")):
        assert (await server.ask("threads.list", stranger)).json()["data"] == []
        for kind, more in (
            ("threads.get_by_id", {}),
            ("threads.update", {"title": "Mine"}),
            ("threads.add_user_message", {"input": message("Hi")}),
            ("threads.retry_after_item", {"item_id": "msg_1"}),
        ):
            answer = await server.ask(kind, stranger, thread_id=thread_id, **more)
            assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found"), kind
        await server.ask("threads.delete", stranger, thread_id=thread_id)
    assert len(await server.items(thread_id)) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        ({"type": "threads.forget"}, 400),
        ({"type": "threads.create", "params": {}}, 400),
        ({"type": "threads.create", "params": {"input": message("  ")}}, 400),
        ({"type": "threads.create", "params": {"input": message("x" * (limits.MESSAGE_CHARS + 1))}}, 413),
        (b'"' + b"x" * limits.REQUEST_BYTES + b'"', 413),
        ({"type": "threads.update", "params": {"thread_id": "thr_1", "title": "x" * 201}}, 400),
        ({"type": "threads.list", "params": {"after": "thr_1"}}, 404),
        ({"type": "attachments.create", "params": {"name": "a", "size": 1, "mime_type": "b/c"}}, 400),
        ({"type": "input.transcribe", "params": {"audio_base64": "", "mime_type": "audio/webm"}}, 400),
        ({"type": "threads.custom_action", "params": {"thread_id": "t", "action": {"type": "a"}}}, 400),
        ({"type": "threads.add_client_tool_output", "params": {"thread_id": "t", "result": 1}}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(server: SelfHosted, body: Any, status: int) -> None:
    answer = await server.send(server.line(body))
    assert answer.status == status
    assert {"code", "message", "request_id"} <= answer.json()["error"].keys()
    assert "x" * 100 not in dumps(answer.json())


async def test_an_attachment_is_refused_before_a_thread_is_made_for_it(server: SelfHosted) -> None:
    answer = await server.ask("threads.create", input={**message("Hi"), "attachments": ["atc_1"]})
    assert answer.status == 400
    assert (await server.ask("threads.list")).json()["data"] == []


async def test_a_stream_that_breaks_says_so(server: SelfHosted, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> None:
        raise Throttled("The table is busy.")

    monkeypatch.setattr(server.world.threads, "save_item", busy)
    answer = await server.say("Hi")
    assert kinds(answer) == ["thread.created", "error"]
    assert server.upstream.asked == []


async def test_a_flood_of_messages_meets_the_allowance() -> None:
    server = SelfHosted(messages=2)
    assert [(await server.say("Hi")).status for _ in range(3)] == [200, 200, 429]
    assert (await server.ask("threads.list")).status == 200
    assert len(server.upstream.asked) == 2


async def test_a_page_asks_before_it_speaks(server: SelfHosted) -> None:
    answer = await server.send(server.line(b""), token="", method="OPTIONS")
    assert answer.status == 204
    assert "POST" in answer.headers["access-control-allow-methods"]


async def until_true(holds: Any) -> None:
    """Let others run, threads too, until it holds. Fail if it never does."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.to_thread(int)
