"""OpenAI's Realtime, Responses, Embeddings and ChatKit APIs on a local port, with faults on order."""

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator

__all__ = ["Simulator", "SimulatorConfig"]
