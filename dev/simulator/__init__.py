"""OpenAI's Realtime, Responses and Embeddings APIs on a local port, scripted, with faults on order."""

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator

__all__ = ["Simulator", "SimulatorConfig"]
