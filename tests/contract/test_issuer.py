"""Identities over real sockets: the simulator's issuer, and what comes of it when it misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web
from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import IssuerUnavailable
from switchboard.domain.principal import Principal, User
from switchboard.domain.secret import ApiKey
from switchboard.stores.key_sets import MemoryKeySets
from switchboard.upstream.identity.fetch import FetchFailed, fetch_json
from switchboard.upstream.identity.jwks import Jwks
from switchboard.upstream.identity.supabase import SupabaseUsers, project_of
from switchboard.upstream.identity.tokens import Issuer, TokenIdentity
from switchboard.upstream.openai.embeddings import OpenAIEmbeddings
from switchboard.upstream.openai.http import OpenAIHttp

from dev.simulator import Simulator


@asynccontextmanager
async def simulator() -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """Yield the URL of a running simulator and a client of it."""
    async with Simulator().running() as sim, httpx.AsyncClient(base_url=sim.url) as client:
        yield sim.url, client


def identity(url: str) -> TokenIdentity:
    """An identity that trusts the issuer at that URL, and asks it twice."""

    def clock() -> datetime:
        return datetime.now(UTC)

    kept = MemoryKeySets()
    jwks = Jwks(f"{url}/auth/v1/.well-known/jwks.json", fetch_json, lambda: kept, clock)
    users = SupabaseUsers(url, lambda: "service-role", fetch_json, clock)
    return TokenIdentity(
        api_key=lambda: None,
        jwt_secret=lambda: None,
        guest_secret=lambda: "guest-secret",
        audience="authenticated",
        issuer=None,
        clock=clock,
        new_id=lambda prefix: prefix + "1",
        trusted=Issuer(jwks, f"{url}/auth/v1", users),
        project=project_of(url),
    )


async def ask(door: TokenIdentity, **shown: Any) -> Principal:
    return await asyncio.to_thread(door.resolve, Credentials(**shown))


async def test_a_token_and_its_cookie_are_believed_over_the_wire() -> None:
    async with simulator() as (url, client):
        door = identity(url)
        for algorithm in ("RS256", "ES256", "EdDSA"):
            answer = await client.post(
                "/_simulator/issuer/tokens", json={"sub": "ada", "algorithm": algorithm}
            )
            made = answer.json()
            assert await ask(door, bearer=made["token"]) == User("ada", email="")
            assert await ask(door, cookie=made["cookies"]["base64_chunks"]) == User("ada", email="")
        assert (await client.get("/_simulator/issuer")).json()["asked"] == 1


async def test_an_outage_is_survived_by_whoever_knows_the_keys() -> None:
    async with simulator() as (url, client):
        token = (await client.post("/_simulator/issuer/tokens", json={"sub": "ada"})).json()["token"]
        knows, knows_nothing = identity(url), identity(url)
        assert (await ask(knows, bearer=token)).id == "ada"
        await client.post("/_simulator/issuer/outage", json={"down": True})
        assert (await ask(knows, bearer=token)).id == "ada"
        with pytest.raises(IssuerUnavailable):
            await ask(knows_nothing, bearer=token)


@asynccontextmanager
async def answering(answer: Any) -> AsyncIterator[str]:
    """Yield the URL of a server that answers everything so."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_an_issuer_that_says_too_much_or_sends_elsewhere_is_not_heard() -> None:
    async def too_much(_: web.Request) -> web.Response:
        return web.Response(text="[" * (limits.ISSUER_BYTES + 1))

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/")

    async with answering(too_much) as url:
        with pytest.raises(FetchFailed):
            await asyncio.to_thread(fetch_json, url, {})
    async with answering(elsewhere) as url:
        assert await asyncio.to_thread(fetch_json, url, {}) == (302, {})


async def test_an_issuer_that_hangs_is_left_alone() -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(limits.ISSUER_SECONDS * 3)
        return web.Response()

    async with answering(never) as url:
        with pytest.raises(FetchFailed):
            await asyncio.wait_for(asyncio.to_thread(fetch_json, url, {}), limits.ISSUER_SECONDS * 2.5)


async def test_nobody_there_is_nobody() -> None:
    with pytest.raises(FetchFailed):
        await asyncio.to_thread(fetch_json, "http://127.0.0.1:9/", {})


async def test_an_embedding_has_the_size_that_is_kept() -> None:
    async with simulator() as (url, _):
        embeddings = OpenAIEmbeddings(
            OpenAIHttp(f"{url}/v1", lambda: ApiKey("sk-test")), "text-embedding-3-small"
        )
        numbers = await asyncio.to_thread(embeddings.embed, "Green tea.", 2.0)
    assert len(numbers) == limits.EMBEDDING_SIZE
