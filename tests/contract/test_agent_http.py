"""The agent's four routes over a real socket: who may ask, what is refused, what is streamed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpx
import jwt
import pytest
from agent_web.application import create_app
from mangum import Mangum
from switchboard.agent import limits
from switchboard.domain.errors import Throttled

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator
from tests.contract.agent_site import SIGNS_TOKENS, Gated, Site, eventually, now, real_upstream, serving, web

ROUTES = [("GET", "/agent/history"), ("DELETE", "/agent/history"), ("POST", "/agent/query")]


def token(subject: str, secret: str = SIGNS_TOKENS) -> dict[str, str]:
    claims = {"sub": subject, "aud": "authenticated", "exp": now() + timedelta(minutes=5)}
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}


def error(answer: httpx.Response) -> Any:
    body = answer.json()
    assert set(body) == {"error"}
    assert {"code", "message", "request_id"} <= set(body["error"])
    return body["error"]["code"]


async def call(site: Site, method: str, path: str, session_id: str, **options: Any) -> httpx.Response:
    if method == "POST":
        return await site.http.post(path, json={"query": "hi", "session_id": session_id}, **options)
    return await site.http.request(method, path, params={"session_id": session_id}, **options)


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


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_anothers_session_looks_like_no_session(method: str, path: str) -> None:
    async with serving(Gated()) as site:
        ada = (await site.http.post("/agent/session", headers=token("ada"))).json()["session_id"]
        for session_id in (ada, "agent_none"):
            for headers in (token("eve"), {}, {"x-api-key": "the key of a server"}):
                answer = await call(site, method, path, session_id, headers=headers)
                assert (answer.status_code, error(answer)) == (404, "not_found")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "wrong"},
        token("ada", "another secret of about the same length"),
        {"authorization": "Bearer x"},
    ],
    ids=["api key", "signature", "token"],
)
async def test_a_credential_that_is_not_good_is_refused_everywhere(headers: dict[str, str]) -> None:
    async with serving(Gated()) as site:
        for method, path in [("POST", "/agent/session"), *ROUTES]:
            answer = await call(site, method, path, "agent_any", headers=headers)
            assert (answer.status_code, error(answer)) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"query": "\xff", "session_id": "s"}', 400),
        (b'{"query": "\\ud83d", "session_id": "s"}', 400),
        (b'{"query": "", "session_id": "s"}', 400),
        (b'{"query": "   ", "session_id": "s"}', 400),
        (b'{"query": 3, "session_id": "s"}', 400),
        (b'{"query": null, "session_id": "s"}', 400),
        (b'{"query": "hi"}', 400),
        (b'{"query": "hi", "session_id": ""}', 400),
        (b'{"query": "hi", "session_id": 3}', 400),
        (b'{"query": "hi", "session_id": "' + b"s" * 200 + b'"}', 400),
        (b'{"query": NaN, "session_id": "s"}', 400),
        (b'{"query": "' + b"x" * (limits.QUERY_CHARS + 1) + b'", "session_id": "s"}', 400),
        (b'{"query": "' + b"x" * limits.BODY_BYTES + b'", "session_id": "s"}', 413),
        (b"[" * 100_000, 400),
    ],
    ids=lambda value: value[:30].decode("latin-1") if isinstance(value, bytes) else None,
)
async def test_a_body_that_makes_no_sense_is_refused_with_a_reason(body: bytes, status: int) -> None:
    upstream = Gated()
    async with serving(upstream) as site:
        answer = await site.http.post("/agent/query", content=body)
    assert answer.status_code == status
    assert error(answer) == ("payload_too_large" if status == 413 else "invalid_request")
    assert upstream.left == 0


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "9999"}, {"limit": "x"}, {"cursor": "nonsense"}, {"session_id": ""}]
)
async def test_a_page_that_makes_no_sense_is_refused(params: dict[str, str]) -> None:
    async with serving(Gated()) as site:
        session_id = await site.session()
        answer = await site.http.get("/agent/history", params={"session_id": session_id, **params})
        assert (answer.status_code, error(answer)) == (400, "invalid_request")


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


async def test_too_many_queries_are_told_when_to_come_back() -> None:
    upstream = Gated()
    upstream.go_on.set()
    async with serving(upstream) as site:
        session_id = await site.session()
        for _ in range(limits.RATE_QUERIES):
            await site.web.store.hit(session_id)
        answer = await call(site, "POST", "/agent/query", session_id)
        # A new window may have begun in between: then the first of it is let in.
        if answer.status_code == 429:
            assert error(answer) == "quota_exceeded"
            assert int(answer.headers["retry-after"]) == answer.json()["error"]["retry_after"] > 0


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/agent/query"), ("PUT", "/agent/history")]
)
async def test_what_is_no_route_has_the_shape_of_every_error(method: str, path: str) -> None:
    async with serving(Gated()) as site:
        answer = await site.http.request(method, path)
    assert (answer.status_code, error(answer)) == (404, "not_found")


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


async def test_what_nobody_foresaw_is_told_without_its_details() -> None:
    class Broken:
        async def stream(self, body: Any) -> Any:
            raise RuntimeError("a secret")
            yield

    async with serving(Broken()) as site:
        session_id = await site.session()
        events = await site.ask("hi", session_id)
        assert [event["type"] for event in events][-2:] == ["error", "done"]
        assert events[-2]["code"] == "internal_error"
        assert "secret" not in str(events)

        async def crash(*_: Any, **__: Any) -> Any:
            raise RuntimeError("a secret")

        site.web.store.__dict__["page"] = crash
        answer = await call(site, "GET", "/agent/history", session_id)
        assert (answer.status_code, error(answer)) == (500, "internal_error")
        assert "secret" not in answer.text


def test_lambda_runs_the_same_application_by_its_handler() -> None:
    parts, _, _ = web(Gated())
    handler = Mangum(create_app(parts), lifespan="off")
    event = json.loads((Path(__file__).parents[2] / "events" / "agent.json").read_text())
    answer = handler(event, None)  # type: ignore[arg-type]  # the context is not looked at
    assert answer["statusCode"] == 201
    assert len(answer["multiValueHeaders"]["set-cookie"]) == 2
    assert json.loads(answer["body"])["session_id"].startswith("agent_")


async def test_sessions_beyond_the_allowance_are_refused_and_told_when_to_come_back() -> None:
    async with serving(Gated(), QUOTA_GUEST="2/3600") as site:
        for _ in range(2):
            await site.session()
        answer = await site.http.post("/agent/session")
        assert (answer.status_code, error(answer)) == (429, "quota_exceeded")
        assert answer.json()["error"]["details"] == {"quota": "guest"}
        assert int(answer.headers["retry-after"]) > 0
        assert ("QuotaGuestRefusals", 1, "Count") in site.told


async def test_a_guest_who_drops_the_cookie_meets_the_networks_allowance() -> None:
    async with serving(Gated(), QUOTA_NETWORK="3/3600") as site:
        statuses = []
        for _ in range(4):
            site.http.headers.pop("x-guest-token", None)
            site.http.cookies.clear()
            statuses.append((await site.http.post("/agent/session")).status_code)
        assert statuses == [201, 201, 201, 429]


async def test_a_session_that_could_not_be_stored_is_not_counted() -> None:
    async with serving(Gated(), QUOTA_GUEST="1/3600") as site:
        create = site.web.store.create

        async def broken(session_id: str, owner: str) -> NoReturn:
            raise Throttled("busy")

        site.web.store.create = broken  # type: ignore[method-assign, assignment]  # a store that fails
        assert (await site.http.post("/agent/session")).status_code == 503
        site.web.store.create = create  # type: ignore[method-assign]  # and heals
        await site.session()
