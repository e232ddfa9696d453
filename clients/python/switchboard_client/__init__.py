"""A Switchboard backend, from a server or a test."""

from switchboard_client.client import Client, Placed
from switchboard_client.errors import SwitchboardError

__all__ = ["Client", "Placed", "SwitchboardError"]
