"""A small caller for tests and load: mint, call, attach, ask for the truth. It has no microphone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType

import aiohttp

from dev.simulator.wire import Json, dump

OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=sendrecv",
        "a=rtpmap:111 opus/48000/2",
        "a=ice-ufrag:test",
        "a=ice-pwd:testtesttesttesttesttest",
        "a=setup:actpass",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=sctp-port:5000",
        "",
    )
)


class Refused(Exception):
    """The API answered with an error; `status` and the parsed `body` tell which."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body

    @property
    def code(self) -> str | None:
        return (self.body.get("error") or {}).get("code")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: dict[str, str]
    text: str


class Socket:
    """An attached socket: send events, and read them one by one or up to a type."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.seen: list[Json] = []

    async def send(self, event: Json) -> None:
        await self._socket.send_str(dump(event))

    async def next(self, seconds: float = 5.0) -> Json:
        """The next event. Raises TimeoutError in silence and ConnectionError once closed."""
        message = await self._socket.receive(seconds)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"closed with {self._socket.close_code}")
        event: Json = json.loads(message.data)
        self.seen.append(event)
        return event

    async def until(self, kind: str, seconds: float = 5.0) -> Json:
        """Read up to the first event of this type, and return it."""
        while (event := await self.next(seconds))["type"] != kind:
            pass
        return event

    async def closed(self, seconds: float = 5.0) -> tuple[int | None, str]:
        """Read to the end; the close code and reason."""
        while True:
            message = await self._socket.receive(seconds)
            if message.type is aiohttp.WSMsgType.TEXT:
                self.seen.append(json.loads(message.data))
            elif message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return self._socket.close_code, str(message.extra or "")
            elif message.type is not aiohttp.WSMsgType.CLOSING:
                return self._socket.close_code, ""

    async def close(self) -> None:
        await self._socket.close()


class Caller:
    """Talks to a simulator (or to anything that looks like one) at `url`, without `/v1`."""

    def __init__(self, url: str, api_key: str = "sk-test") -> None:
        self.url = url
        self.api_key = api_key
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Caller":
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    @property
    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("use `async with`")
        return self._http

    async def mint(self, session: Json | None = None, *, seconds: int = 600) -> str:
        """A client secret. Raises Refused."""
        body = {"expires_after": {"anchor": "created_at", "seconds": seconds}, "session": session}
        made = await self.post("/v1/realtime/client_secrets", {k: v for k, v in body.items() if v})
        return str(made["value"])

    async def call(
        self, credential: str | None = None, session: Json | None = None, script: str | None = None
    ) -> str:
        """Create a call; its id. A session makes it the multipart form. Raises Refused."""
        headers = self._headers(credential)
        if script is not None:
            headers["X-Simulator-Script"] = script
        data: str | aiohttp.FormData = OFFER
        if session is None:
            headers["Content-Type"] = "application/sdp"
        else:
            data = aiohttp.FormData()
            data.add_field("sdp", OFFER, content_type="application/sdp")
            data.add_field("session", dump(session), content_type="application/json")
        async with self._client.post(f"{self.url}/v1/realtime/calls", data=data, headers=headers) as answer:
            if answer.status != 201:
                raise Refused(answer.status, await answer.json())
            return answer.headers["Location"].rsplit("/", 1)[-1]

    @asynccontextmanager
    async def attach(
        self, call_id: str, credential: str | None = None, headers: dict[str, str] | None = None
    ) -> AsyncIterator[Socket]:
        """A sideband. Raises Refused when the handshake is answered with an error."""
        async with self.socket(f"?call_id={call_id}", credential, headers) as socket:
            yield socket

    @asynccontextmanager
    async def socket(
        self, query: str, credential: str | None = None, headers: dict[str, str] | None = None
    ) -> AsyncIterator[Socket]:
        """Any socket of /v1/realtime. Raises Refused with the status alone: the body is not read."""
        try:
            raw = await self._client.ws_connect(
                f"{self.url}/v1/realtime{query}",
                headers={**self._headers(credential), **(headers or {})},
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise Refused(error.status, {}) from error
        try:
            yield Socket(raw)
        finally:
            await raw.close()

    async def hang_up(self, call_id: str, credential: str | None = None) -> None:
        await self.post(f"/v1/realtime/calls/{call_id}/hangup", None, credential)

    async def control(self, method: str, path: str, body: Json | None = None) -> Json:
        """The simulator's own API: `control("POST", "faults", {...})`. Raises Refused."""
        return await self._asked(method, f"/_simulator/{path}", body, {})

    async def post(self, path: str, body: Json | None, credential: str | None = None) -> Json:
        """POST JSON; the answer's JSON, empty for an empty body. Raises Refused."""
        return await self._asked("POST", path, body, self._headers(credential))

    async def raw(
        self, path: str, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> "Answer":
        """POST bytes as they are; the answer whatever its status."""
        headers = {**self._headers(None), "Content-Type": content_type, **(headers or {})}
        async with self._client.post(f"{self.url}{path}", data=body, headers=headers) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.text())

    async def truth(
        self, call_id: str, when: Callable[[Json], bool] | None = None, seconds: float = 20.0
    ) -> Json:
        """The call as the simulator knows it, once `when` holds. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                call = await self.control("GET", f"calls/{call_id}")
                if when is None or when(call):
                    return call
                await asyncio.sleep(0.02)

    async def _asked(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> Json:
        async with self._client.request(method, f"{self.url}{path}", json=body, headers=headers) as answer:
            text = await answer.text()
            value: Json = json.loads(text) if text else {}
            if answer.status >= 400:
                raise Refused(answer.status, value)
            return value

    def _headers(self, credential: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {credential or self.api_key}"}


def finished(call: Json) -> bool:
    """For `truth`: the call's script has been played to its end."""
    return bool(call["script"]) and call["script"]["state"] == "finished"
