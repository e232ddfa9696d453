"""What the model sounds like: a hum in syllables while it speaks, silence otherwise."""

import array
import asyncio
import math
import time
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from dev.simulator.speaking import Speaker

RATE = 48_000  # samples per second: Opus' own
SAMPLES = 960  # 20 ms, the usual packet
_PITCH = 150  # hertz; whole periods fit into a second, so that the hum repeats without a click
_SYLLABLES = 4  # per second
_LOUD = 9_000  # of 32767


def _second() -> "array.array[int]":
    """One second of the hum: a pitch with two overtones, swelling with each syllable."""
    turn = 2 * math.pi / RATE
    return array.array(
        "h",
        (
            int(
                _LOUD
                * math.sin(math.pi * ((n * _SYLLABLES / RATE) % 1)) ** 2
                * sum(math.sin(turn * n * _PITCH * part) / part for part in (1, 2, 3))
                / 2
            )
            for n in range(RATE)
        ),
    )


class Voice(MediaStreamTrack):
    """The track sent to the browser. `seconds` counts what was not silence."""

    kind = "audio"

    def __init__(self, speaker: Speaker) -> None:
        super().__init__()
        self.seconds = 0.0
        self._speaker = speaker
        self._hum = _second()
        self._began: float | None = None
        self._sent = 0

    async def recv(self) -> AudioFrame:
        """The next 20 ms, in real time. Raises MediaStreamError once the track has ended."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._began is None:
            self._began = time.monotonic()
        await asyncio.sleep(self._began + self._sent / RATE - time.monotonic())
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self._sound())
        frame.pts = self._sent
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        self._sent += SAMPLES
        return frame

    def _sound(self) -> bytes:
        if self._speaker.playback is None:
            return bytes(2 * SAMPLES)
        self.seconds += SAMPLES / RATE
        at = self._sent % RATE
        return self._hum[at : at + SAMPLES].tobytes()
