"""One JSON object a line on standard output, shaped as the functions' logs: events and ids, no words."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

import orjson

LOGGER = logging.getLogger("sideband")


def info(event: str, **facts: Any) -> None:
    """Log that something happened."""
    LOGGER.info(event, extra={"facts": facts})


def warning(event: str, error: BaseException | None = None, /, **facts: Any) -> None:
    """Log that something went wrong which will be tried again."""
    LOGGER.warning(event, extra={"facts": facts | _told(error)})


def error(event: str, error: BaseException | None = None, /, **facts: Any) -> None:
    """Log that something went wrong which a person should look at."""
    LOGGER.error(event, extra={"facts": facts | _told(error)})


def _told(error: BaseException | None) -> dict[str, Any]:
    """Where and what kind, never the message: it may hold words or keys."""
    if error is None:
        return {}
    frames = extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "where": where}


_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a logger of the standard library was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


class JsonFormatter(logging.Formatter):
    """Format records as Powertools does."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line = {
            "level": record.levelname,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": "sideband",
            "message": record.getMessage(),
            **getattr(record, "facts", _extras(record)),
        }
        if record.exc_info and record.exc_info[1]:
            line |= _told(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def start(level: str = "INFO") -> None:
    """Send everything to standard output; other libraries only from warnings upwards."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    LOGGER.setLevel(level)
