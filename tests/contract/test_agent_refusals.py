"""What the agent's routes refuse over a real socket: strangers, what makes no sense, and what is too much."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from switchboard.agent import limits
from switchboard.domain.errors import Throttled

from tests.contract.agent_requests import ROUTES, call, error, token
from tests.contract.agent_site import Gated, serving


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


async def test_a_guest_who_writes_what_api_gateway_saw_is_counted_where_they_are() -> None:
    async with serving(Gated(), QUOTA_NETWORK="1/3600") as site:
        statuses = []
        for number in range(2):
            site.http.cookies.clear()
            told = json.dumps({"identity": {"sourceIp": f"198.51.{number}.7"}})
            headers = {"x-amzn-request-context": told}
            statuses.append((await site.http.post("/agent/session", headers=headers)).status_code)
        assert statuses == [201, 429]


async def test_a_session_that_could_not_be_stored_is_not_counted() -> None:
    async with serving(Gated(), QUOTA_GUEST="1/3600") as site:
        create = site.web.store.create

        async def broken(session_id: str, owner: str) -> NoReturn:
            raise Throttled("busy")

        site.web.store.create = broken  # type: ignore[method-assign, assignment]  # a store that fails
        assert (await site.http.post("/agent/session")).status_code == 503
        site.web.store.create = create  # type: ignore[method-assign]  # and heals
        await site.session()
