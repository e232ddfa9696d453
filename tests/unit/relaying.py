"""A relayed session, and a call placed on it."""

from __future__ import annotations

from typing import Any

from switchboard.usecases.create_session import CreateSession, SessionCreated, create_session
from switchboard.usecases.relay_call import CallRelayed, RelayCall, relay_call

from tests.unit.fakes import World
from tests.unit.given import ANN

OFFER = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}


def create(world: World, **fields: Any) -> SessionCreated:
    """Open a relayed session of Ann's."""
    return create_session(CreateSession.model_validate({"mode": "relay", **fields}), ANN, world)


def relay(world: World, ticket: str, offer: str = OFFER) -> CallRelayed:
    """Place a call with a ticket."""
    return relay_call(RelayCall(ticket=ticket, offer=offer), world)
