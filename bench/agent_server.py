"""A server that is measured: `python -m bench.agent_server plain|agent PORT`; GET /bench tells its figures.

`plain` is what one would write without Switchboard: FastAPI, one route, the upstream's bytes passed on.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse


def plain() -> Any:
    """Return the plain application."""
    app = FastAPI()
    client = httpx.AsyncClient(base_url=os.environ["OPENAI_BASE_URL"], timeout=60)
    headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}

    @app.post("/agent/query")
    async def forward(request: Request) -> StreamingResponse:
        asked = await request.json()
        body = {"model": "gpt-5.6-luna", "input": asked["query"], "stream": True, "store": False}

        async def chunks() -> AsyncIterator[bytes]:
            async with client.stream("POST", "/responses", json=body, headers=headers) as answer:
                async for chunk in answer.aiter_bytes():
                    yield chunk

        return StreamingResponse(chunks(), media_type="text/event-stream")

    return app


def agent() -> Any:
    """Return ours, as it is deployed."""
    from app import app

    return app


def telling(app: Any) -> Callable[..., Any]:
    """Return the application with one path more, which tells CPU seconds and resident bytes."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/bench":
            await app(scope, receive, send)
            return
        figures = {"cpu": time.process_time(), "resident": _resident()}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(figures).encode()})

    return wrapped


def _resident() -> int:
    """Return this process's resident bytes; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


def main() -> None:
    """Serve until killed."""
    which, port = sys.argv[1:]
    app = telling({"plain": plain, "agent": agent}[which]())
    uvicorn.run(app, port=int(port), access_log=False, log_level="error", lifespan="off")


if __name__ == "__main__":
    main()
