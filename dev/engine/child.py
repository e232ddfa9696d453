"""The engine's own process: ministack, mended and made to print each function's log as it ends.

Run as `python -m dev.engine.child`; its settings come by environment (see `dev.engine.stack`).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from dev.engine import patches
from dev.engine.processes import leave_with_parent

# Read by now; a function's process inherits the rest of our environment and must not see these.
_OWN_SETTINGS = ("LOG_LEVEL", "PYTHONPATH", "PYTHONUNBUFFERED")


def main() -> None:
    """Serve until SIGTERM or SIGINT, then save the state."""
    leave_with_parent()
    patches.apply_all()
    _print_function_logs()
    engine: Any = importlib.import_module("ministack.app")
    for name in _OWN_SETTINGS:
        os.environ.pop(name, None)
    engine.main()


def _print_function_logs() -> None:
    """Print one JSON line per invocation: the function, its request, its log lines, milliseconds."""
    service: Any = importlib.import_module("ministack.services.lambda_svc")
    store: Callable[..., None] = service._emit_lambda_logs

    def emit(
        func: dict[str, Any], request_id: str, log_text: str, error: bool, duration_ms: int, **more: Any
    ) -> None:
        config = func.get("config") or func
        invocation = {
            "function": config.get("FunctionName"),
            "request_id": request_id,
            "duration_ms": duration_ms,
            "error": error,
            "lines": (log_text or "").splitlines(),
        }
        # In one piece: print writes the line's end by itself, and functions end at the same moment.
        sys.stdout.write(json.dumps({"invocation": invocation}) + "\n")
        sys.stdout.flush()
        store(func, request_id, log_text, error, duration_ms, **more)

    service._emit_lambda_logs = emit


if __name__ == "__main__":
    main()
