"""Faults on order: what goes wrong, where, for which call, and how many times."""

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass, field

from dev.simulator import limits
from dev.simulator.chance import Chance
from dev.simulator.errors import BadScript
from dev.simulator.wire import Json

HTTP_ROUTES = (
    "client_secrets",
    "calls",
    "hangup",
    "attach",
    "responses",
    "embeddings",
    "chatkit",
    "chatkit_cancel",
)
HTTP_DEEDS = ("status", "delay", "drop", "hang")
ANSWER_DEEDS = ("refuse", "incomplete", "text", "fail", "break")
SOCKET_DEEDS = ("drop", "close", "duplicate", "reorder", "delay", "lose", "garbage")
TRANSCRIPTION_DEEDS = ("delay", "fail")
_FIELDS = frozenset(
    [
        "id",
        "at",
        "do",
        "call",
        "event",
        "times",
        "skip",
        "probability",
        "status",
        "code",
        "message",
        "type",
        "headers",
        "body",
        "seconds",
        "reason",
        "text",
        "deltas",
    ]
)


@dataclass
class Fault:
    """One standing order. `times` None goes on for ever; `skip` lets that many pass first."""

    id: str
    at: str
    do: str
    call: str | None = None
    event: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    done: int = 0
    detail: Json = field(default_factory=dict)

    def shown(self) -> Json:
        head = {"id": self.id, "at": self.at, "do": self.do, "call": self.call, "event": self.event}
        counts = {"times": self.times, "skip": self.skip, "probability": self.probability, "done": self.done}
        return {**head, **counts, **self.detail}

    def spent(self) -> bool:
        return self.times is not None and self.done >= self.times


class Faults:
    """The standing orders, first match first served. Nothing is random but `probability`."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._faults: list[Fault] = []
        self._on_socket = 0

    def add(self, order: Json, call: str | None = None) -> Fault:
        """Take an order. Raises BadScript for one that makes no sense."""
        check(order)
        if len(self._faults) >= limits.MAX_FAULTS:
            raise BadScript(f"more than {limits.MAX_FAULTS} faults; delete some first")
        fault = Fault(
            id=order.get("id") or self._chance.id("fault", 8),
            at=order["at"],
            do=order["do"],
            call=order.get("call", call),
            event=order.get("event", "*"),
            times=order.get("times", 1),
            skip=order.get("skip", 0),
            probability=order.get("probability", 1.0),
            detail={name: order[name] for name in order if name not in Fault.__dataclass_fields__},
        )
        self._faults.append(fault)
        self._on_socket += fault.at == "socket"
        return fault

    def list(self) -> list[Json]:
        return [fault.shown() for fault in self._faults]

    def clear(self, fault_id: str | None = None) -> int:
        """Forget one order or all of them; how many were forgotten."""
        before = len(self._faults)
        self._faults = [fault for fault in self._faults if fault_id not in (None, fault.id)]
        self._recount()
        return before - len(self._faults)

    def strike(
        self, at: str, *, call: str | None = None, event: str = "", deeds: Iterable[str] = ()
    ) -> Fault | None:
        """The first order that applies here, counted as done; None if all is well."""
        if not self._faults:
            return None
        for fault in self._faults:
            if self._applies(fault, at, call, event, tuple(deeds)):
                fault.done += 1
                if fault.spent() and fault.at == "socket":
                    self._recount()
                return fault
        return None

    @property
    def quiet_on_sockets(self) -> bool:
        """True while no order concerns frames, so that the busy path need not look."""
        return self._on_socket == 0

    def _applies(self, fault: Fault, at: str, call: str | None, event: str, deeds: tuple[str, ...]) -> bool:
        if fault.at != at or fault.spent() or (deeds and fault.do not in deeds):
            return False
        if fault.call not in (None, "*", call) or not fnmatch.fnmatchcase(event, fault.event):
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        return fault.probability >= 1.0 or self._chance.share() < fault.probability

    def _recount(self) -> None:
        self._on_socket = sum(1 for fault in self._faults if fault.at == "socket" and not fault.spent())


def check(order: Json) -> None:
    """Raise BadScript for an order that makes no sense."""
    unknown = set(order) - _FIELDS
    if unknown:
        raise BadScript(f"fault: unknown field {sorted(unknown)[0]!r}")
    at, deed = order.get("at"), order.get("do")
    allowed: tuple[str, ...]
    if at == "socket":
        allowed = SOCKET_DEEDS
    elif at == "transcription":
        allowed = TRANSCRIPTION_DEEDS
    elif at == "responses":
        allowed = (*HTTP_DEEDS, *ANSWER_DEEDS)
    elif at in HTTP_ROUTES:
        allowed = HTTP_DEEDS
    else:
        raise BadScript(
            f"fault: 'at' is {at!r}; it must be one of {', '.join((*HTTP_ROUTES, 'socket', 'transcription'))}"
        )
    if deed not in allowed:
        raise BadScript(f"fault: 'do' is {deed!r}; at {at!r} it must be one of {', '.join(allowed)}")
    times = order.get("times", 1)
    if times is not None and (type(times) is not int or times < 1):
        raise BadScript("fault: 'times' must be a positive integer, or null for ever")
    if deed == "status" and type(order.get("status")) is not int:
        raise BadScript("fault: 'status' must be an HTTP status")
