"""The text agent against a plain FastAPI application that passes the same simulated stream on, in turn.

Three things: the time to the first token, the server's CPU for each token, the memory of an open stream. And
by itself: the CPU of choosing among a thousand stored turns.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from bench.figures import ratio, table
from dev.engine.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
SERVERS = ("plain", "agent")
FIRST = {"plain": b"output_text.delta", "agent": b'"token"'}
ROUNDS, QUICK_ROUNDS = 30, 8
BURSTS, QUICK_BURSTS = 6, 3
STREAMS, WORDS = 8, 300
OPEN = 150
THINKING_S = 0.3
"""What a fast model takes to its first token."""
START_S = 30.0
WRITES_AT = "5"
"""The simulator's speed: a token every 4 ms, so that tokens come one by one and not in heaps."""
UNLIMITED = "1000000/60"
"""An allowance that nobody meets: quotas are not what is measured."""


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Measure in turn, print the figures."""
    select = [sys.executable, "-m", "bench.agent_select", *(["--quick"] if quick else [])]
    print(subprocess.run(select, env=_environment(), check=True, stdout=subprocess.PIPE, text=True).stdout)
    with _servers() as (simulator, urls):
        asyncio.run(_measure(simulator, urls, quick))


async def _measure(simulator: str, urls: dict[str, str], quick: bool) -> None:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as http:
        for url in urls.values():
            await _answer(http, url, "warm up " * 20)
        at_once = await _first_tokens(http, urls, QUICK_ROUNDS if quick else ROUNDS)
        fault = {"at": "responses", "do": "delay", "seconds": THINKING_S, "times": None}
        await http.post(f"{simulator}/_simulator/faults", json=fault)
        thinking = await _first_tokens(http, urls, QUICK_ROUNDS if quick else ROUNDS)
        await http.delete(f"{simulator}/_simulator/faults")
        rows = [
            _row("first token, upstream answers at once", at_once, 1000, "ms"),
            _row(f"first token, upstream thinks {THINKING_S * 1000:.0f} ms", thinking, 1000, "ms"),
        ]
        per_token = await _per_token(http, urls, QUICK_BURSTS if quick else BURSTS)
        rows.append(_row("server CPU for each token", per_token, 1e6, "us"))
        memory = {name: [await _per_stream(http, url)] for name, url in urls.items()}
        rows.append(_row(f"memory of an open stream ({OPEN} open)", memory, 1 / 1024, "KiB"))
    head = ["the text agent, streaming", "plain FastAPI", "agent", "agent : plain"]
    print(table(head, rows) + "\n\nmedian (minimum), taken in turn; the agent also keeps the session\n")


def _row(what: str, values: dict[str, list[float]], scale: float, unit: str) -> list[str]:
    shown = [
        f"{median(values[name]) * scale:.1f} ({min(values[name]) * scale:.1f}) {unit}" for name in SERVERS
    ]
    return [what, *shown, ratio(values["agent"], values["plain"])]


async def _first_tokens(http: httpx.AsyncClient, urls: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Return seconds to the first token, one stream at a time, the servers in turn."""
    found: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(rounds):
        for name in SERVERS:
            body = await _body(http, urls[name], "one two three")
            began = time.perf_counter()
            async with http.stream("POST", f"{urls[name]}/agent/query", json=body) as answer:
                async for chunk in answer.aiter_raw():
                    if FIRST[name] in chunk:
                        found[name].append(time.perf_counter() - began)
                        break
            await asyncio.sleep(0.02)
    return found


async def _per_token(http: httpx.AsyncClient, urls: dict[str, str], bursts: int) -> dict[str, list[float]]:
    """Return CPU seconds of the server for each token, several streams at once, the servers in turn."""
    found: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(bursts):
        for name in SERVERS:
            url = urls[name]
            bodies = [await _body(http, url, "word " * WORDS) for _ in range(STREAMS)]
            before = (await _told(http, url))["cpu"]
            await asyncio.gather(*(_read(http, url, body) for body in bodies))
            spent = (await _told(http, url))["cpu"] - before
            found[name].append(spent / (STREAMS * WORDS))
    return found


async def _per_stream(http: httpx.AsyncClient, url: str) -> float:
    """Return resident bytes that each of many open streams takes."""
    bodies = [await _body(http, url, "word " * 4000) for _ in range(OPEN)]
    before = (await _told(http, url))["resident"]
    open_streams = [asyncio.create_task(_read(http, url, body)) for body in bodies]
    await asyncio.sleep(2)
    during = (await _told(http, url))["resident"]
    for stream in open_streams:
        stream.cancel()
    await asyncio.gather(*open_streams, return_exceptions=True)
    await asyncio.sleep(1)
    return float(during - before) / OPEN


async def _answer(http: httpx.AsyncClient, url: str, query: str) -> None:
    await _read(http, url, await _body(http, url, query))


async def _body(http: httpx.AsyncClient, url: str, query: str) -> dict[str, str]:
    """Return the request for a query; in a new session where there are sessions."""
    opened = await http.post(f"{url}/agent/session")
    session_id = opened.json().get("session_id", "") if opened.is_success else ""
    return {"query": query, "session_id": session_id}


async def _read(http: httpx.AsyncClient, url: str, body: dict[str, str]) -> None:
    async with http.stream("POST", f"{url}/agent/query", json=body) as answer:
        answer.raise_for_status()
        async for _ in answer.aiter_raw():
            pass


async def _told(http: httpx.AsyncClient, url: str) -> dict[str, float]:
    figures: dict[str, float] = (await http.get(f"{url}/bench")).json()
    return figures


@contextmanager
def _servers() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the URLs of the simulator and of both servers, each in a process of its own."""
    ports = {name: free_port() for name in ("simulator", *SERVERS)}
    simulator = f"http://127.0.0.1:{ports['simulator']}"
    settings = {
        **_environment(),
        "OPENAI_BASE_URL": f"{simulator}/v1",
        "OPENAI_API_KEY": "sk-bench",
        "SECURE_COOKIES": "false",
        **dict.fromkeys(("QUOTA_GUEST", "QUOTA_NETWORK", "QUOTA_FLEET"), UNLIMITED),
    }
    commands = [["dev.simulator", "--port", str(ports["simulator"]), "--speed", WRITES_AT]]
    commands += [["bench.agent_server", name, str(ports[name])] for name in SERVERS]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    urls = {name: f"http://127.0.0.1:{ports[name]}" for name in SERVERS}
    try:
        for look in (f"{simulator}/_simulator/health", *(f"{url}/bench" for url in urls.values())):
            _wait(look)
        yield simulator, urls
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """Return what a process needs to find our packages, and nothing that could change what it does."""
    path = (ROOT, ROOT / "layers" / "switchboard", ROOT / "functions" / "agent")
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, path))}


def _wait(url: str) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
