"""A turn: one query and its answer, with what it took. Frozen; stored as one opaque value."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from json import dumps, loads
from typing import Any, Literal, cast

TurnStatus = Literal["completed", "incomplete", "refused", "interrupted", "failed"]
"""How it ended: well; cut short by the upstream; refused by the model; left by the client; in error."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the upstream counts them: the cached are part of the input, the reasoning of the output."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )

    def as_dict(self) -> dict[str, int]:
        """Return it as the API shows it."""
        return {
            "input_tokens": self.input_tokens,
            "cached_tokens": self.cached_tokens,
            "output_tokens": self.output_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "total_tokens": self.input_tokens + self.output_tokens,
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """One query and its answer.

    `milliseconds` is the time from query to last token, `first_token_ms` to the first (None without one).
    `vector` is a unit vector of little-endian float32, or None where there is none yet.
    """

    id: str
    query: str
    answer: str
    summary: str
    created_at: datetime
    status: TurnStatus = "completed"
    usage: Usage = Usage()
    milliseconds: int = 0
    first_token_ms: int | None = None
    vector: bytes | None = None

    @property
    def key(self) -> str:
        """Its place among the turns of its session: keys sort by time."""
        return f"{self.created_at:%Y%m%dT%H%M%S.%fZ}#{self.id}"

    def with_vector(self, vector: bytes | None) -> Turn:
        """Return the turn with its vector."""
        return replace(self, vector=vector)

    def to_bytes(self) -> bytes:
        """Return the stored form."""
        usage = self.usage
        fields: dict[str, Any] = {
            "id": self.id,
            "query": self.query,
            "answer": self.answer,
            "summary": self.summary,
            "created_at": self.created_at.isoformat(),
            "status": self.status,
            "usage": [
                usage.input_tokens,
                usage.cached_tokens,
                usage.output_tokens,
                usage.reasoning_tokens,
            ],
            "ms": self.milliseconds,
        }
        if self.first_token_ms is not None:
            fields["first_ms"] = self.first_token_ms
        if self.vector is not None:
            fields["vector"] = b64encode(self.vector).decode()
        return dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @classmethod
    def from_bytes(cls, stored: bytes) -> Turn:
        """Return the turn of a stored form."""
        fields = loads(stored)
        vector = fields.get("vector")
        return cls(
            id=fields["id"],
            query=fields["query"],
            answer=fields["answer"],
            summary=fields["summary"],
            created_at=datetime.fromisoformat(fields["created_at"]),
            status=cast("TurnStatus", fields["status"]),
            usage=Usage(*fields["usage"]),
            milliseconds=fields["ms"],
            first_token_ms=fields.get("first_ms"),
            vector=b64decode(vector) if vector else None,
        )
