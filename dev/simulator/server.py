"""A running simulator: from Python with `running()`, or for ever with `serve()`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from dev.simulator import limits
from dev.simulator.app import build
from dev.simulator.config import SimulatorConfig
from dev.simulator.sdp import Media
from dev.simulator.state import State


class Simulator:
    """OpenAI's API on one local port, HTTP and WebSocket.

    async with Simulator(SimulatorConfig(speed=20)).running() as sim:
        client = AsyncOpenAI(base_url=sim.base_url, api_key="sk-test")
    """

    def __init__(self, config: SimulatorConfig | None = None, media: Media | None = None) -> None:
        self.config = config or SimulatorConfig()
        self._media = media
        self._state: State | None = None
        self._port = self.config.port

    @property
    def state(self) -> State:
        """What the running simulator knows. Raises RuntimeError before it runs."""
        if self._state is None:
            raise RuntimeError("the simulator is not running")
        return self._state

    @property
    def url(self) -> str:
        """`http://host:port`, where `/_simulator/` lives."""
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        return f"http://{host}:{self._port}"

    @property
    def base_url(self) -> str:
        """What OpenAI clients take as their base URL."""
        return f"{self.url}/v1"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Simulator"]:
        """Serve while the block runs; then break calls off. Raises OSError if the port is taken."""
        self._state = State(self.config, self._media)
        runner = web.AppRunner(build(self._state), access_log=None, shutdown_timeout=limits.SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.config.host, self.config.port, backlog=4096).start()
            self._port = runner.addresses[0][1]
            yield self
        finally:
            self._state.calls.clear()
            await runner.cleanup()

    async def serve(self, ready: "asyncio.Future[str] | None" = None) -> None:
        """Serve until cancelled."""
        async with self.running():
            if ready is not None:
                ready.set_result(self.url)
            await asyncio.Event().wait()
