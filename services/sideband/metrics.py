"""Counts and lags of one host, told once a minute in CloudWatch's embedded metric format."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from switchboard.metrics import NAMESPACE

BOUNDS = tuple(0.01 * 1.1**step for step in range(120))
"""Upper bounds of the lag's buckets in seconds: 10 ms to a quarter of an hour, in steps of a tenth."""


@dataclass(slots=True)
class Metrics:
    """What happened in one stage since the last telling."""

    stage: str = "dev"
    items_lost: int = 0
    takeovers: int = 0
    reconnects: int = 0
    write_retries: int = 0
    not_ended: int = 0
    writes: int = 0
    tool_calls: int = 0
    tool_failures: int = 0
    lags: dict[int, int] = field(default_factory=dict)
    tool_times: dict[int, int] = field(default_factory=dict)

    def lag(self, seconds: float) -> None:
        """Count one item's way from its last event into the table."""
        _count(self.lags, seconds)

    def tool(self, seconds: float, *, failed: bool) -> None:
        """Count one run of a tool."""
        self.tool_calls += 1
        self.tool_failures += failed
        _count(self.tool_times, seconds)

    def lag_ms(self) -> float:
        """Return the milliseconds within which 99 of 100 items were durable; 0 without any."""
        return _within(self.lags, 0.99)

    def take(self, host: str, calls: int, now_ms: int) -> dict[str, Any]:
        """Return the line to print, and start anew."""
        values: dict[str, tuple[float, str]] = {
            "CallsPerHost": (calls, "Count"),
            "ItemsLost": (self.items_lost, "Count"),
            "LeaseTakeovers": (self.takeovers, "Count"),
            "Reconnects": (self.reconnects, "Count"),
            "WriteRetries": (self.write_retries, "Count"),
            "CallsNotEnded": (self.not_ended, "Count"),
            "TranscriptWrites": (self.writes, "Count"),
            "ToolCalls": (self.tool_calls, "Count"),
            "ToolFailures": (self.tool_failures, "Count"),
        }
        if self.lags:
            values["TranscriptLagP99Ms"] = (self.lag_ms(), "Milliseconds")
        if self.tool_times:
            values["ToolLatencyP99Ms"] = (_within(self.tool_times, 0.99), "Milliseconds")
        self.items_lost = self.takeovers = self.reconnects = self.write_retries = self.writes = 0
        self.tool_calls = self.tool_failures = self.not_ended = 0
        self.lags.clear()
        self.tool_times.clear()
        units = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
        directive = {"Namespace": NAMESPACE, "Dimensions": [["service", "stage"]], "Metrics": units}
        return {
            "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]},
            "service": "sideband",
            "stage": self.stage,
            "host": host,
            **{name: value for name, (value, _) in values.items()},
        }


def _count(buckets: dict[int, int], seconds: float) -> None:
    bucket = bisect_left(BOUNDS, seconds)
    buckets[bucket] = buckets.get(bucket, 0) + 1


def _within(buckets: dict[int, int], share: float) -> float:
    """Return the milliseconds within which that share of what was counted happened; 0 without any."""
    wanted = share * sum(buckets.values())
    seen = 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            return round(BOUNDS[min(bucket, len(BOUNDS) - 1)] * 1000, 1)
    return 0.0
