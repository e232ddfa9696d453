"""The agent's four routes over a real socket: what is streamed, kept and told, and how a guest is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from agent_web.application import create_app
from mangum import Mangum

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator
from tests.contract.agent_site import Gated, eventually, real_upstream, serving, web


async def test_the_third_answers_request_carries_the_first_two_turns() -> None:
    async with Simulator(SimulatorConfig(speed=0)).running() as upstream:
        async with serving(real_upstream(upstream.base_url)) as site:
            session_id = await site.session()
            for query in ("I am Ada.", "I live in Lisbon.", "Who am I?"):
                events = await site.ask(query, session_id)
                assert events[-1]["type"] == "done"
            history = (await site.http.get("/agent/history", params={"session_id": session_id})).json()
        asked = json.loads(upstream.state.log.list()[-1]["body"])
    words = [item["content"] for item in asked["input"]]
    assert words == [
        "I am Ada.",
        "You said: I am Ada.",
        "I live in Lisbon.",
        "You said: I live in Lisbon.",
        "Who am I?",
    ]
    assert (history["session_id"], history["turns"]) == (session_id, 3)
    first = history["messages"][0]
    assert (first["query"], first["answer"]) == ("I am Ada.", "You said: I am Ada.")
    assert set(first) == {"id", "query", "answer", "summary", "created_at", "status"}
    assert first["created_at"].endswith("Z")
    assert history["analytics"]["answers"] == 3
    assert history["analytics"]["output_tokens"] > 0
    assert history["analytics"]["mean_ms"] >= history["analytics"]["mean_first_token_ms"]


async def test_the_first_token_is_there_while_the_upstream_still_writes() -> None:
    upstream = Gated()
    async with serving(upstream) as site:
        session_id = await site.session()
        body = {"query": "hi", "session_id": session_id}
        async with site.http.stream("POST", "/agent/query", json=body) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            async for line in lines:
                if "first" in line:
                    break
            upstream.go_on.set()
            rest = [line async for line in lines]
    assert "second" in str(rest)
    assert json.loads(rest[-2][6:])["type"] == "done"


async def test_a_client_that_goes_away_stops_the_upstream_and_its_turn_is_kept() -> None:
    upstream = Gated()
    async with serving(upstream) as site:
        session_id = await site.session()
        body = {"query": "hi", "session_id": session_id}
        async with site.http.stream("POST", "/agent/query", json=body) as answer:
            async for line in answer.aiter_lines():
                if "first" in line:
                    break

        async def kept() -> Any:
            params = {"session_id": session_id}
            return (await site.http.get("/agent/history", params=params)).json()["messages"]

        [message] = await eventually(kept)
    assert (message["answer"], message["status"]) == ("first", "interrupted")
    assert upstream.left == 1
    [(_, facts)] = [line for line in site.log.lines if line[0] == "query"]
    assert facts["outcome"] == "interrupted"


async def test_a_guest_is_known_by_cookie_and_the_session_by_its_own() -> None:
    upstream = Gated()
    upstream.go_on.set()
    async with serving(upstream) as site:
        created = await site.http.post("/agent/session")
        cookies = created.headers.get_list("set-cookie")
        assert len(cookies) == 2
        assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
        assert site.http.cookies["session_id"] == created.json()["session_id"]
        answer = await site.http.post("/agent/query", json={"query": "hi"})
        assert answer.status_code == httpx.codes.OK
        history = (await site.http.get("/agent/history")).json()
        assert history["turns"] == 1
        cleared = await site.http.delete("/agent/history")
        assert (cleared.status_code, cleared.json()["messages"]) == (httpx.codes.OK, [])


async def test_cookies_travel_over_tls_only_where_they_are_secure() -> None:
    async with serving(Gated(), SECURE_COOKIES="true", ALLOWED_ORIGIN="https://app.example.com") as site:
        created = await site.http.post("/agent/session")
    for cookie in created.headers.get_list("set-cookie"):
        assert cookie.endswith("SameSite=None; Secure")
    assert created.headers["access-control-allow-origin"] == "https://app.example.com"
    assert created.headers["access-control-allow-credentials"] == "true"


async def test_history_comes_in_pages_the_newest_first() -> None:
    upstream = Gated()
    upstream.go_on.set()
    async with serving(upstream) as site:
        session_id = await site.session()
        for number in range(3):
            await site.ask(f"question {number}", session_id)
        seen: list[list[str]] = []
        cursor: dict[str, str] = {}
        while True:
            params = {"session_id": session_id, "limit": "2", **cursor}
            page = (await site.http.get("/agent/history", params=params)).json()
            seen.append([message["query"][-1] for message in page["messages"]])
            if page["cursor"] is None:
                break
            cursor = {"cursor": page["cursor"]}
    assert seen == [["1", "2"], ["0"]]


async def test_a_page_of_another_origin_may_ask_first() -> None:
    async with serving(Gated()) as site:
        answer = await site.http.options("/agent/query")
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-guest-token" in answer.headers["access-control-allow-headers"]


async def test_a_request_is_one_log_line_without_a_word_of_it() -> None:
    upstream = Gated()
    upstream.go_on.set()
    async with serving(upstream) as site:
        session_id = await site.session()
        await site.ask("open sesame", session_id)
    assert [event for event, _ in site.log.lines] == ["request", "request", "query"]
    assert "sesame" not in str(site.log.lines)
    assert site.log.lines[2][1]["session_id"] == session_id
    assert {name for name, _, _ in site.told} == {"AgentTurns", "AgentTokens", "AgentFirstTokenMs"}


def test_lambda_runs_the_same_application_by_its_handler() -> None:
    parts, _, _ = web(Gated())
    handler = Mangum(create_app(parts), lifespan="off")
    event = json.loads((Path(__file__).parents[2] / "events" / "agent.json").read_text())
    answer = handler(event, None)  # type: ignore[arg-type]  # the context is not looked at
    assert answer["statusCode"] == 201
    assert len(answer["multiValueHeaders"]["set-cookie"]) == 2
    assert json.loads(answer["body"])["session_id"].startswith("agent_")
