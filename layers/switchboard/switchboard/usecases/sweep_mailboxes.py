"""Every five minutes: remove the mailboxes of streams that ended without tidying up."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from switchboard.domain import live_limits as limits
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.viewers import Mailboxes
from switchboard.usecases.payload import Answer, TaskRequest


class SweepMailboxes(TaskRequest):
    """The schedule says nothing that matters."""


class MailboxesSwept(Answer):
    """How many were removed."""

    removed: int


class Deps(Protocol):
    """What this use case needs."""

    mailboxes: Mailboxes
    clock: Clock


def sweep_mailboxes(request: SweepMailboxes, deps: Deps) -> MailboxesSwept:
    """Return how many were removed: those that are older than a stream can be."""
    oldest = deps.clock() - timedelta(seconds=limits.STREAM_SECONDS + limits.MAILBOX_SPARE_SECONDS)
    return MailboxesSwept(removed=deps.mailboxes.sweep(oldest))
