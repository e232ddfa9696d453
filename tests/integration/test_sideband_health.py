"""The health check over real sockets, and the sockets' own refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sideband.health import Health, ask
from sideband.socket import Hung, Refused, Unreachable, connector
from switchboard.domain.secret import ApiKey

from tests.integration.hearing import Hearing
from tests.integration.sideband_rig import KEY, rig


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """The port of a running host's health check."""
    async with rig() as it:
        health = Health(it.start("host_a"))
        yield await health.start(0)
        health.close()


async def http(port: int, request: bytes) -> tuple[str, bytes]:
    """Status line and body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0].decode(), body


async def test_a_host_that_is_well_says_so() -> None:
    async with listening() as port:
        status, body = await http(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status == "HTTP/1.1 200 OK"
        told = json.loads(body)
        assert (told["status"], told["host"], told["calls"], told["draining"]) == ("ok", "host_a", 0, False)
        assert await asyncio.to_thread(ask, port)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET / HTTP/1.1", "404 Not Found"), (b"POST /health HTTP/1.1", "405 Method Not Allowed")],
)
async def test_nothing_else_is_answered(request_line: bytes, status: str) -> None:
    async with listening() as port:
        assert (await http(port, request_line + b"\r\n\r\n"))[0] == f"HTTP/1.1 {status}"


@pytest.mark.parametrize("request_bytes", [b"x" * 20_000, b"GET /health", b"\x16\x03\x01\r\n\r\n"])
async def test_what_is_no_request_does_no_harm(request_bytes: bytes) -> None:
    async with listening() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes)
        writer.write_eof()
        await asyncio.gather(reader.read(), return_exceptions=True)
        assert await asyncio.to_thread(ask, port)


async def test_a_host_that_is_not_there_is_not_well() -> None:
    async with listening() as port:
        pass
    assert not await asyncio.to_thread(ask, port)


async def test_a_refused_handshake_tells_its_status_and_pause() -> None:
    fault = {"at": "attach", "do": "status", "status": 429, "headers": {"Retry-After": "7"}}
    async with rig(faults=(fault,)) as it:
        call_id = await it.caller.call(session={"type": "realtime"})
        connect = connector(it.sim.base_url)
        with pytest.raises(Refused) as refused:
            await connect(call_id, ApiKey(KEY))
        assert (refused.value.status, refused.value.retry_after) == (429, 7.0)
        with pytest.raises(Refused) as refused:
            await connect("rtc_other", ApiKey(KEY))
        assert (refused.value.status, refused.value.retry_after) == (404, None)


async def test_an_upstream_that_does_not_answer_is_unreachable() -> None:
    async with rig() as it:
        connect = connector(it.sim.base_url)
    with pytest.raises(Unreachable):
        await connect("rtc_1", ApiKey(KEY))


async def test_a_closed_connection_tells_its_code() -> None:
    async with rig() as it:
        call_id = await it.caller.call(session={"type": "realtime"})
        socket = await connector(it.sim.base_url)(call_id, ApiKey(KEY))
        await it.caller.control("POST", f"calls/{call_id}/disconnect", {"code": 1012})
        assert await Hearing(socket).over_with() == 1012
        with pytest.raises(Hung):
            await socket.send(b"{}")
        await socket.close()
