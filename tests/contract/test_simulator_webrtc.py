"""The simulator's WebRTC, met by another implementation's client on loopback: words, sound, and goodbyes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import OFFER, Caller, Refused
from dev.simulator.webrtc import brings_transport

PATIENCE_S = 20.0
TALK = {
    "name": "talk",
    "start": "live",
    "start_after": 1,
    "steps": [
        {"user": "Hello there, good morning."},
        {"assistant": "Good morning to you, and welcome to this."},
    ],
}


class Client:
    """A browser's half of a call."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.connection.createDataChannel("oai-events")
        self.heard: list[dict[str, Any]] = []
        self.loudest = 0
        self.call_id = ""
        self._listening: set[asyncio.Task[None]] = set()
        self.channel.on("message", lambda text: self.heard.append(json.loads(text)))
        self.connection.on("track", self._listen)
        self.connection.addTrack(AudioStreamTrack())

    async def call(self, sim: Simulator, script: str = "none") -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        headers = {
            "Authorization": "Bearer sk-test",
            "Content-Type": "application/sdp",
            "X-Simulator-Script": script,
        }
        offer = self.connection.localDescription.sdp
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{sim.base_url}/realtime/calls", data=offer, headers=headers) as answer,
        ):
            assert answer.status == 201, await answer.text()
            self.call_id = answer.headers["Location"].rpartition("/")[2]
            await self.connection.setRemoteDescription(RTCSessionDescription(await answer.text(), "answer"))

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.heard]

    def _listen(self, track: Any) -> None:
        async def listen() -> None:
            with contextlib.suppress(MediaStreamError):  # the track has ended
                while True:
                    samples = memoryview(bytes((await track.recv()).planes[0])).cast("h")
                    self.loudest = max(self.loudest, *map(abs, samples))

        self._listening.add(asyncio.get_running_loop().create_task(listen()))


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(SimulatorConfig(scripts={"talk": TALK}, speed=2)).running() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client()
    yield made
    await made.connection.close()


async def until(look: Callable[[], object]) -> None:
    """Wait until `look` gives something true."""
    clock = asyncio.get_running_loop().time
    last = clock() + PATIENCE_S
    while True:
        if look():
            return
        assert clock() < last, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_a_channel_begins_with_the_session_and_takes_client_events(
    sim: Simulator, client: Client
) -> None:
    await client.call(sim)
    await until(lambda: client.heard)
    assert client.kinds() == ["session.created"]
    client.channel.send('{"type": "session.update", "session": {"type": "realtime", "instructions": "Hum."}}')
    client.channel.send('{"type": "nonsense"}')
    await until(lambda: len(client.heard) == 3)
    assert client.kinds()[1:] == ["session.updated", "error"]
    assert client.heard[1]["session"]["instructions"] == "Hum."


async def test_a_channel_and_a_sideband_hear_the_same(sim: Simulator, client: Client) -> None:
    async with Caller(sim.url) as caller:
        await client.call(sim, "talk")
        async with caller.attach(client.call_id, "sk-test") as socket:
            await socket.send({"type": "session.update", "session": {"type": "realtime"}})
            await until(lambda: "output_audio_buffer.stopped" in client.kinds())
            await socket.until("output_audio_buffer.stopped", PATIENCE_S)
            followed = [event for event in socket.seen if not event["type"].startswith("session.")]
    assert [event for event in client.heard if not event["type"].startswith("session.")] == followed


async def test_the_model_is_heard_while_it_speaks_and_only_then(sim: Simulator, client: Client) -> None:
    await client.call(sim, "talk")
    await until(lambda: "input_audio_buffer.speech_started" in client.kinds())
    assert client.loudest < 100
    await until(lambda: "output_audio_buffer.stopped" in client.kinds())
    assert client.loudest > 1000
    media = shown(sim, client)["media"]
    assert media["state"] == "connected"
    assert media["heard_seconds"] > 0
    assert media["spoken_seconds"] > 0


async def test_a_client_that_leaves_ends_its_call(sim: Simulator, client: Client) -> None:
    await client.call(sim)
    await until(lambda: client.heard)
    await client.connection.close()
    await until(lambda: not len(sim.state.calls))
    assert shown(sim, client)["end_reason"] == "the browser left"


async def test_a_call_whose_network_is_cut_goes_on_where_it_was(sim: Simulator, client: Client) -> None:
    await client.call(sim)
    await until(lambda: client.heard)
    async with Caller(sim.url) as caller:
        clock = asyncio.get_running_loop().time
        cut_at = clock()
        await caller.control("POST", f"calls/{client.call_id}/cut", {"seconds": 1.5})
        client.channel.send('{"type": "session.update", "session": {"type": "realtime"}}')
        await until(lambda: client.kinds() == ["session.created", "session.updated"])
        assert clock() - cut_at >= 1.5
    assert shown(sim, client)["media"]["state"] == "connected"


async def test_a_call_without_media_cannot_be_cut(sim: Simulator) -> None:
    async with Caller(sim.url) as caller:
        call_id = await caller.call()
        with pytest.raises(Refused, match="no_media"):
            await caller.control("POST", f"calls/{call_id}/cut", {})


async def test_a_hang_up_closes_the_channel_after_the_last_word(sim: Simulator, client: Client) -> None:
    await client.call(sim, "talk")
    await until(lambda: "input_audio_buffer.speech_started" in client.kinds())
    call = sim.state.calls.find(client.call_id)
    assert call is not None
    call.line.session.emit({"type": "rate_limits.updated", "rate_limits": []})
    sim.state.calls.end(call, "hung up")
    await until(lambda: client.channel.readyState == "closed")
    assert client.kinds()[-1] == "rate_limits.updated"


async def test_the_browser_is_no_sideband(sim: Simulator, client: Client) -> None:
    await client.call(sim)
    await until(lambda: client.heard)
    assert shown(sim, client)["sidebands"] == 0


def test_an_offer_without_a_transport_gets_words_only() -> None:
    assert not brings_transport(OFFER)
    assert not brings_transport(OFFER + "a=fingerprint:sha-256 00\r\n")
    assert brings_transport(OFFER + "a=fingerprint:sha-256 00\r\na=ice-options:trickle\r\n")


def shown(sim: Simulator, client: Client) -> dict[str, Any]:
    """The simulator's view of the call."""
    call = sim.state.calls.find(client.call_id)
    assert call is not None
    return call.shown()
