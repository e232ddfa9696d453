"""Counts of the functions, printed in CloudWatch's embedded metric format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from json import dumps

NAMESPACE = "Switchboard"
DIMENSIONS = ["service", "stage"]


class EmbeddedMetrics:
    """Writes one line for each count; CloudWatch reads it out of the log."""

    def __init__(self, stage: str, clock: Callable[[], datetime]) -> None:
        self._stage = stage
        self._clock = clock

    def tell(self, name: str, value: float, unit: str = "Count") -> None:
        """Count `value` under the metric's name."""
        metric = {
            "Namespace": NAMESPACE,
            "Dimensions": [DIMENSIONS],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        line = {
            "_aws": {"Timestamp": int(self._clock().timestamp() * 1000), "CloudWatchMetrics": [metric]},
            "service": "api",
            "stage": self._stage,
            name: value,
        }
        sys.stdout.write(dumps(line) + "\n")
