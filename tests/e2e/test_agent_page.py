"""A page in Chromium shows an answer while it is being written, from another origin."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.contract.agent_site import Gated, serving, until

CLIENT = Path(__file__).parents[2] / "clients" / "agent"
NAMES = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PAGE = """<!doctype html><p id="answer"></p><script type="module">
import { AgentClient, render } from "/agent/agent.js";
const element = document.getElementById("answer");
const shown = () => `${element.dataset.status}: ${element.textContent}`;
const tell = () => fetch("/seen", { method: "POST", body: shown() });
new MutationObserver(tell).observe(element, { childList: true, attributes: true });
await render(new AgentClient({ baseUrl: "API" }).ask("hi"), element);
</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; nothing else needs it")


@asynccontextmanager
async def page(api: str, seen: list[str]) -> AsyncIterator[str]:
    """Yield the URL of a page that asks that API; what it shows is added to `seen`."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=PAGE.replace("API", api), content_type="text/html")

    async def tell(request: web.Request) -> web.Response:
        seen.append(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_post("/seen", tell)
    app.router.add_static("/agent/", CLIENT)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@asynccontextmanager
async def browser(url: str, profile: Path) -> AsyncIterator[None]:
    """Open the page in a browser of its own."""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}")
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM), *flags, "--remote-debugging-port=0", url, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_the_page_shows_the_first_word_before_the_second_is_written(tmp_path: Path) -> None:
    upstream, seen = Gated(), list[str]()
    async with serving(upstream) as site, page(str(site.http.base_url), seen) as url, browser(url, tmp_path):
        await until(lambda: "answering: first" in seen, seconds=60)
        upstream.go_on.set()
        await until(lambda: "completed: first second" in seen, seconds=60)
