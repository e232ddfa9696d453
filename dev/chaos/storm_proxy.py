"""Stand between the hosts and the table: refuse, or carry out and never answer."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

BUSY = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
)
DROPPED = ("host", "content-length", "connection", "transfer-encoding", "accept-encoding")


class StormProxy:
    """Forwards to `target`; `refused` is the share of requests that the table is too busy for."""

    def __init__(self, target: str, chance: Random, counts: Counter[str]) -> None:
        self.url = ""
        self.counts = counts
        self.refused = 0.0
        self.answers_lost = 0.0
        self._target = target
        self._chance = chance
        self._runner: web.AppRunner | None = None
        self._http: ClientSession | None = None

    async def start(self, port: int) -> None:
        """Serve on that loopback port."""
        self._http = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=30))
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._http is not None:
            await self._http.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        assert self._http is not None
        body = await request.read()
        self.counts["table requests"] += 1
        if self._chance.random() < self.refused:
            self.counts["table requests refused as throttled"] += 1
            return web.Response(status=400, text=BUSY, content_type="application/x-amz-json-1.0")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
        url = f"{self._target}{request.rel_url}"
        async with self._http.request(request.method, url, data=body, headers=headers) as answer:
            text = await answer.read()
            if self._chance.random() < self.answers_lost and request.transport is not None:
                self.counts["table answers lost after the deed"] += 1
                request.transport.abort()
            kept = {name: value for name, value in answer.headers.items() if name.lower().startswith("x-")}
            kind = answer.headers.get("Content-Type", "application/x-amz-json-1.0")
            return web.Response(status=answer.status, body=text, headers={**kept, "Content-Type": kind})
