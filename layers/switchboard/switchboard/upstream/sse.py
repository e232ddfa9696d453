"""Server-sent events as an upstream sends them: bytes in, cut anywhere; whole events out."""

from __future__ import annotations

from collections.abc import Iterator

from switchboard.domain.errors import UpstreamUnavailable


class SseParser:
    """Takes chunks and yields the data of each complete event. Lines end with CR, LF or both.

    An event has `most` bytes at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the data of each event that this completes. Raise UpstreamUnavailable if one is huge."""
        lines = (self._rest + chunk).splitlines(keepends=True)
        self._rest = b""
        if lines and not lines[-1].endswith(b"\n"):
            self._rest = lines.pop()  # half a line, or a CR that may be half a line end
            if len(self._rest) > self._most:
                raise UpstreamUnavailable("The upstream sent an event that is too large.")
        for line in lines:
            line = line.rstrip(b"\r\n")
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
                self._size += len(line)
                if self._size > self._most:
                    raise UpstreamUnavailable("The upstream sent an event that is too large.")
            elif not line and self._data:
                data, self._data, self._size = b"\n".join(self._data), [], 0
                yield data
