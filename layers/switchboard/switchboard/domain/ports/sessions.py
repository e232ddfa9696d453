"""Where sessions and their secrets are kept."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.call import Call
from switchboard.domain.ports.paging import Page
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session


class Sessions(Protocol):
    """The sessions."""

    def add(self, session: Session, replaced: Session | None = None) -> None:
        """Store a new session, and the ended one that it replaces: both or none.

        Raise SessionChanged if the replaced one has changed since it was read.
        """

    def get(self, session_id: str, owner: str) -> Session:
        """Return the session. Raise NotFound if it is missing or another's."""

    def load(self, session_id: str) -> Session:
        """Return the session, whoever owns it: for workflows and the sideband. Raise NotFound."""

    def save(self, session: Session) -> Session:
        """Store the changed session and return it with its new version. Raise SessionChanged if late."""

    def attach(self, session: Session, call: Call) -> Session:
        """Store the session and its new current call: both or none.

        Raise CallTaken if the call is another session's, SessionChanged if late.
        """

    def list(self, owner: str, cursor: str | None = None, limit: int = 20) -> Page[str]:
        """Return the owner's session ids, newest first."""


class Secrets(Protocol):
    """Client secrets: encrypted, bound to their session, gone when they expire."""

    def add(self, session_id: str, generation: int, secret: ClientSecret) -> str:
        """Store the secret and return the id that names it."""

    def get(self, session_id: str, secret_id: str) -> ClientSecret:
        """Return the secret. Raise NotFound if it is missing or has expired."""

    def list(self, session_id: str) -> tuple[ClientSecret, ...]:
        """Return those that have not expired, newest first."""
