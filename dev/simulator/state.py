"""Everything one simulator remembers, made together and reset together."""

from aiohttp import web

from dev.simulator import limits
from dev.simulator.answers import AnswerBook
from dev.simulator.calls import Calls
from dev.simulator.chance import Chance
from dev.simulator.chatkit import ChatSessions
from dev.simulator.client_secrets import ClientSecrets
from dev.simulator.config import SimulatorConfig
from dev.simulator.credentials import Gate
from dev.simulator.faults import Faults
from dev.simulator.issuer import Issuer
from dev.simulator.pace import Pace
from dev.simulator.request_log import RequestLog
from dev.simulator.script import Library
from dev.simulator.sdp import Media
from dev.simulator.webrtc import BrowserMedia
from dev.simulator.world import World


class State:
    """The parts, wired once."""

    def __init__(self, config: SimulatorConfig, media: Media | None = None) -> None:
        self.config = config
        chance = Chance(config.seed)
        self.world = World(chance, Pace(config.speed), Faults(chance), AnswerBook())
        self.secrets = ClientSecrets(chance, self.world.pace, config.max_secrets)
        self.chats = ChatSessions(chance, self.world.pace, limits.MAX_CHATS)
        self.issuer = Issuer(chance)
        self.gate = Gate(config.api_keys, self.secrets)
        self.media = media or BrowserMedia(chance)
        self.calls = Calls(self.world, config, self.media)
        self.library = Library(config.scripts, config.default_script)
        self.log = RequestLog(config.max_requests)
        self._prime()

    def reset(self) -> None:
        """Back to the first minute: no calls, no secrets, the faults and scripts of the start."""
        self.calls.clear()
        self.secrets.clear()
        self.chats.clear()
        self.issuer.clear()
        self.log.clear()
        self.world.faults.clear()
        self.world.answers.clear()
        self.library.reset()
        self._prime()

    def _prime(self) -> None:
        for order in self.config.faults:
            self.world.faults.add(order)
        if self.library.default is not None:
            self.world.answers.learn(self.library.default.name, list(self.library.default.answers))


STATE = web.AppKey("state", State)
