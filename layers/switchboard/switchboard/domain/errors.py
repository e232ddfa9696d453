"""Everything that can go wrong, as one tree; `http.py` maps it to statuses, nothing else does.

SwitchboardError
├── InvalidRequest          the caller's input is wrong, and why
│   ├── PayloadTooLarge     the body is over the limit
│   └── UnknownAgent        no agent has that id here
├── Unauthorized            a credential was shown and is not good
├── Forbidden               who asks is known, and may not
│   └── EmailNotVerified    the user's address must be confirmed first
├── IssuerUnavailable       nobody can say whether a token is good
├── NotFound                missing, or another principal's: the two look alike
├── Conflict                the thing is not in a state that allows this
│   ├── SessionEnded        the session is over
│   ├── TicketSpent         the ticket has no call left
│   ├── CallTaken           the call belongs to another session
│   ├── SessionChanged      somebody else changed it first
│   ├── SessionWornOut      it has had all the calls and secrets that a session may have
│   ├── ChatEnded           the chat session is over
│   ├── CodexSessionActive  the user has an active one there already
│   └── NothingToExtract    nobody has said anything yet
├── QuotaExceeded           an allowance is used up, and when it is not any more
├── TooManyCalls            as many calls live as may at once
├── TooManyViewers          as many watch the session as may
├── ChatBusy                somebody is opening the same chat session right now
├── ChatKitNotConfigured    this deployment has no hosted ChatKit
├── ExtractionFailed        a transcript could not be read
├── UnreadableHistory       a stored conversation was sealed with a key that is not configured
├── LeaseLost               another host follows the call now (never leaves the sideband)
├── Throttled               a table, queue or workflow asked for fewer requests
└── UpstreamError           OpenAI did not do what was asked
    ├── UpstreamRefused     it said no, and will say no again
    ├── UpstreamBusy        it asked for fewer requests
    └── UpstreamUnavailable it failed, hung up or took too long
"""

from __future__ import annotations

from typing import Any, ClassVar


class SwitchboardError(Exception):
    """Base of all of them.

    Args:
        message: for people; never holds a secret, a stack or another user's data.
        details: JSON-able extra facts for the caller.
        retry_after: seconds after which a repeat may succeed.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(
        self, message: str, *, details: dict[str, Any] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after


class InvalidRequest(SwitchboardError):
    """The caller's input is wrong; `details["fields"]` says where and why."""

    code = "invalid_request"


def wrong(name: str, problem: str) -> InvalidRequest:
    """Return the error for what is wrong with one field, in words that go on from its name."""
    return InvalidRequest(f"{name}: {problem}", details={"fields": [{"field": name, "problem": problem}]})


class PayloadTooLarge(InvalidRequest):
    """The body is over the limit."""

    code = "payload_too_large"


class UnknownAgent(InvalidRequest):
    """No agent of this deployment has that id."""

    code = "unknown_agent"


class Unauthorized(SwitchboardError):
    """A credential was shown and is not good."""

    code = "unauthorized"


class Forbidden(SwitchboardError):
    """Who asks is known, and may not."""

    code = "forbidden"


class EmailNotVerified(Forbidden):
    """The user's token does not say that the address is theirs."""

    code = "email_not_verified"


class IssuerUnavailable(SwitchboardError):
    """The issuer of a token does not answer, and its keys are not known from before."""

    code = "issuer_unavailable"


class NotFound(SwitchboardError):
    """It does not exist, or it is another principal's."""

    code = "not_found"


class Conflict(SwitchboardError):
    """The thing is not in a state that allows this."""

    code = "conflict"


class SessionEnded(Conflict):
    """The session is over; a new one must be created."""

    code = "session_ended"


class TicketSpent(Conflict):
    """The ticket has no call left, or was tried too often; a renewal brings another."""

    code = "ticket_spent"


class CallTaken(Conflict):
    """The call is already attached to another session."""

    code = "call_taken"


class SessionWornOut(Conflict):
    """The session has had all the calls and secrets that a session may have."""

    code = "session_worn_out"


class SessionChanged(Conflict):
    """The session changed between reading and writing; repeat the request."""

    code = "session_changed"


class ChatEnded(Conflict):
    """The chat session is over; a new one must be created."""

    code = "chat_session_ended"


class CodexSessionActive(Conflict):
    """The user has an active session for that placement and agent; `details["current"]` leads to it."""

    code = "codex_session_active"


class NothingToExtract(Conflict):
    """The transcript has no words to read yet."""

    code = "nothing_to_extract"


class UnreadableHistory(SwitchboardError):
    """A stored conversation was sealed with a key that is not configured, or was changed."""

    code = "unreadable_history"


class LeaseLost(SwitchboardError):
    """Another host holds the call's lease now; this one must write nothing more."""

    code = "lease_lost"


class Throttled(SwitchboardError):
    """A table, queue or workflow asked for fewer requests."""

    code = "throttled"


class QuotaExceeded(SwitchboardError):
    """An allowance is used up; `details["quota"]` says whose, `retry_after` when there is some again."""

    code = "quota_exceeded"


class TooManyCalls(SwitchboardError):
    """As many calls live as may at once; `details["limit"]` says whose, `details["calls"]` how many."""

    code = "too_many_calls"


class TooManyViewers(SwitchboardError):
    """As many streams of the session are open as may be; `retry_after` says when to ask again."""

    code = "too_many_viewers"


class ChatBusy(SwitchboardError):
    """Somebody is opening the same chat session right now; `retry_after` says when to ask again."""

    code = "chat_session_busy"


class ChatKitNotConfigured(SwitchboardError):
    """This deployment, or the agent asked for, has no hosted ChatKit."""

    code = "chatkit_not_configured"


class UpstreamError(SwitchboardError):
    """The upstream did not do what was asked."""

    code = "upstream_error"


class UpstreamRefused(UpstreamError):
    """The upstream said no and would say no again (bad key, unknown model, invalid configuration)."""

    code = "upstream_refused"


class UpstreamBusy(UpstreamError):
    """The upstream asked for fewer requests."""

    code = "upstream_busy"


class UpstreamUnavailable(UpstreamError):
    """The upstream failed, hung up or took too long."""

    code = "upstream_unavailable"


class ExtractionFailed(SwitchboardError):
    """An extraction ended without a profile; `details["reason"]` names the error. It may be asked again."""

    code = "extraction_failed"
