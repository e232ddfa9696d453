"""The self-hosted ChatKit server over whole fakes, and a front end that speaks to it without a socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from json import dumps, loads
from secrets import token_hex
from typing import Any

from switchboard.agent import HistoryParts, SessionStore
from switchboard.agent.deps import Deps
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.domain.chat_token import ChatClaims
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import Unauthorized
from switchboard.domain.quota import Allowance, Quotas
from switchboard.selfhosted.answers import Answers
from switchboard.selfhosted.application import Web, create_app
from switchboard.selfhosted.context import ChatContext, Door
from switchboard.selfhosted.server import SwitchboardChat
from switchboard.selfhosted.store import ChatKitStore
from switchboard.stores.buckets import MemoryBuckets
from switchboard.usecases.create_codex_session import CreateCodexSession, create_codex_session

from tests.unit.agent_fakes import FakeUpstream, Step, says
from tests.unit.chat_world import ANN, ChatWorld

Json = dict[str, Any]


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        found: Json = loads(self.body)
        return found

    def events(self) -> list[Json]:
        """Return the events of a stream."""
        return [loads(line[6:]) for line in self.body.decode().splitlines() if line.startswith("data: ")]


@dataclass
class Line:
    """One request on its way: what the server has sent so far, and whether the client is there and reads."""

    body: bytes
    sent: list[Json] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False
    reads: asyncio.Event | None = None

    async def receive(self) -> Json:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(dict(message))
        if self.reads is not None:
            await self.reads.wait()

    def answered(self) -> Answered:
        headers = {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}
        return Answered(
            self.sent[0]["status"], headers, b"".join(each.get("body", b"") for each in self.sent)
        )


class PlainTokens:
    """Believes tokens of the form `user/session`."""

    def read(self, token: str) -> ChatClaims:
        user, slash, session = token.partition("/")
        if not slash:
            raise Unauthorized("The token is not valid, or has expired.")
        return ChatClaims(user, session, "assistant", "sidebar")


class SelfHosted:
    """The server, its stores, and a codex session of Ann's."""

    def __init__(self, *scripts: list[Step], messages: int = 100) -> None:
        self.world = ChatWorld()
        self.upstream = FakeUpstream(*(scripts or (says("Hello", " there."),)))
        self.feedback: list[Json] = []
        backend = MemoryBackend(self.world.time)
        deps = Deps(
            upstream=self.upstream,
            store=lambda: SessionStore(backend),
            parts=HistoryParts(clock=self.world.time),
            model="gpt-test",
            instructions="Nobody's.",
        )
        allowance = Allowance(messages, 60)
        quotas = Quotas(
            MemoryBuckets(),
            {"chat:user": allowance, "chat:fleet": allowance},
            self.world.clock,
            self.world.tell,
        )
        store = ChatKitStore(self.world.threads, lambda prefix: prefix + token_hex(16))
        server = SwitchboardChat(store, Answers(self.world.agents, deps), self._keep)
        door = Door(PlainTokens(), self.world.codex, self.world.chats, self.world.clock)
        log, origin = logging.getLogger("test"), self.world.settings.allowed_origin
        self.app = create_app(Web(door, server, quotas, self.world.new_id, origin, log, self.world.tell))
        self.session = self.open()

    def open(self, who: Any = ANN, placement: str = "sidebar") -> CodexSession:
        """Return a new codex session."""
        request = CreateCodexSession(placement=placement, agent_id="assistant")
        view = create_codex_session(request, who, self.world)
        return self.world.codex.get(view.session_id, who.owner)

    def line(self, body: Any) -> Line:
        """Return a request that is not sent yet."""
        return Line(body if isinstance(body, bytes) else dumps(body).encode())

    async def send(
        self, line: Line, session: CodexSession | None = None, token: str | None = None, method: str = "POST"
    ) -> Answered:
        """Send the request with the session's token; return what came back."""
        of = session or self.session
        shown = f"Bearer {of.owner}/{of.id}" if token is None else token
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": method,
            "path": "/chatkit",
            "raw_path": b"/chatkit",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "http_version": "1.1",
            "headers": [(b"authorization", shown.encode("latin-1"))] if shown else [],
            "client": ("192.0.2.1", 1),
            "server": ("test", 80),
        }
        await self.app(scope, line.receive, line.send)
        return line.answered()

    async def ask(self, request: str, session: CodexSession | None = None, /, **params: Any) -> Answered:
        """Send a request of the ChatKit protocol."""
        return await self.send(self.line({"type": request, "params": params}), session)

    async def say(self, words: str, thread_id: str | None = None) -> Answered:
        """Say something in a thread, or in a new one."""
        params: Json = {"input": message(words)}
        if thread_id is None:
            return await self.ask("threads.create", **params)
        return await self.ask("threads.add_user_message", thread_id=thread_id, **params)

    async def items(self, thread_id: str) -> list[Json]:
        """Return what a front end sees of a thread."""
        thread = (await self.ask("threads.get_by_id", thread_id=thread_id)).json()
        found: list[Json] = thread["items"]["data"]
        return found

    def _keep(self, context: ChatContext, payload: Json) -> None:
        self.feedback.append(payload)


def message(words: str) -> Json:
    """Return a message as a front end sends it."""
    content = [{"type": "input_text", "text": words}]
    return {"content": content, "attachments": [], "inference_options": {}}


def thread_of(answer: Answered) -> str:
    """Return the id of the thread that an answer has opened."""
    return str(answer.events()[0]["thread"]["id"])


def kinds(answer: Answered) -> list[str]:
    """Return the kinds of a stream's events, without repeats in a row."""
    found = [event["type"] for event in answer.events()]
    return [kind for index, kind in enumerate(found) if index == 0 or found[index - 1] != kind]
