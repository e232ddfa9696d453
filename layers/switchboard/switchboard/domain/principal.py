"""Who asks: a user, a guest or a service."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose credential was verified once, at the edge.

    `id` is stable: a token's subject, a guest's random id, or a service key's name. `network` tells the
    networks of guests apart, by a hash; it is no part of who they are.
    """

    id: str
    network: str = field(default="unknown", kw_only=True, compare=False)

    @property
    def owner(self) -> str:
        """The storage form, such as `user:8f2c…`: what a session belongs to."""
        return f"{type(self).__name__.lower()}:{self.id}"

    @property
    def safety_identifier(self) -> str:
        """A stable hash that tells the upstream one principal from another, and nothing else."""
        return safety_identifier(self.owner)


def safety_identifier(owner: str) -> str:
    """Return the identifier for an owner in storage form, such as `user:8f2c…`."""
    return sha256(f"switchboard:{owner}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class User(Principal):
    """A person with a verified token. `email_verified` is None if the token does not say."""

    email: str | None = None
    email_verified: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Guest(Principal):
    """A person without an account, known by a signed cookie or header.

    `fresh` is true for a guest who has just been made and must be told who they are. `refused` says why a
    credential that they showed is not believed, where the route takes them as a guest all the same.
    """

    fresh: bool = False
    refused: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Service(Principal):
    """A back end with the API key."""
