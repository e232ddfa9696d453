"""What comes out of a microphone: counted, and heard as turns where no script speaks for the person."""

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from dev.simulator import thinking
from dev.simulator.hearing import Utterance
from dev.simulator.line import Line
from dev.simulator.speech import ResponseOptions

_LOUD = 0.05  # of full scale: louder is speech, as of a person near a microphone
_BEGINS_AFTER = 0.06  # seconds of sound; a click is no speech
_SILENCE = 0.5  # seconds that end a turn, where the session does not say
_EVERY = 8  # samples looked at are one in so many: enough for a peak


class Microphone:
    """Listens to one track. `seconds` of audio arrived; `peak` is the loudest so far, of 1."""

    def __init__(self, line: Line) -> None:
        self.seconds = 0.0
        self.peak = 0.0
        self._line = line
        self._loud_for = 0.0
        self._quiet_for = 0.0
        self._turn: tuple[str, int] | None = None
        self._turn_seconds = 0.0

    async def listen(self, track: MediaStreamTrack) -> None:
        """Hear the track until it ends."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame):
                self._hear(_peak(frame), frame.samples / frame.sample_rate)

    def _hear(self, peak: float, seconds: float) -> None:
        self.seconds += seconds
        self.peak = max(self.peak, peak)
        turns = self._line.session.config["audio"]["input"]["turn_detection"]
        if self._line.player is not None or self._line.session.ended or turns is None:
            self._finish(respond=False)  # what had begun before a script took over
            return
        self._loud_for, self._quiet_for = (
            (self._loud_for + seconds, 0.0) if peak >= _LOUD else (0.0, self._quiet_for + seconds)
        )
        if self._turn is None:
            if self._loud_for >= _BEGINS_AFTER:
                self._turn, self._turn_seconds = self._line.ear.begin(), self._loud_for
            return
        self._turn_seconds += seconds
        if self._quiet_for >= (turns.get("silence_duration_ms") or _SILENCE * 1000) / 1000:
            self._finish(bool(turns["create_response"]))

    def _finish(self, respond: bool) -> None:
        """The person has stopped; nobody here understands speech, so the words are how long it was."""
        if self._turn is None or self._line.session.ended:
            return
        spoken = max(0.1, self._turn_seconds - self._quiet_for)
        turn, self._turn = self._turn, None
        self._line.ear.finish(turn, Utterance(f"{spoken:.1f} seconds of sound", seconds=spoken))
        session, speaker = self._line.session, self._line.speaker
        if respond and speaker.active is None:
            config = session.config
            options = ResponseOptions(
                modality=config["output_modalities"][0], max_output_tokens=config["max_output_tokens"]
            )
            speaker.begin(thinking.reply_to(session), options)


def _peak(frame: AudioFrame) -> float:
    """The loudest sample of the frame, of 1."""
    samples = memoryview(bytes(frame.planes[0])).cast("h")[::_EVERY]
    return max((abs(sample) for sample in samples), default=0) / 32768
