"""What docs/scale.md says is what the code prints, and what the code assumes of the system is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations
from sideband import limits
from sideband.metrics import Metrics
from switchboard.domain.call import PENDING_SHARDS

from bench import assumed, scaling

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
SOURCES = ("assumed", "chosen", "measured", "counted", "AWS's")


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    source: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return source


@pytest.fixture(scope="module")
def chosen(template: dict[str, Any]) -> dict[str, float]:
    """What the constants, parameters and resources say that figures are named after."""

    def parameter(name: str) -> float:
        return float(str(template["Parameters"][name]["Default"]).partition("/")[0])

    resources = template["Resources"]
    scaling_by_calls = resources["SidebandScalingByCalls"]["Properties"]
    tracking = scaling_by_calls["TargetTrackingScalingPolicyConfiguration"]
    task = resources["SidebandTask"]["Properties"]
    assert task["Cpu"] == "1024"
    assert parameter("QuotaFleet") / 3600 == 6000 / 3600
    return {
        "METERED_A_MINUTE": 60 / limits.METER,
        "RECONCILED_A_MINUTE": 60 / limits.RECONCILE,
        "TARGET": parameter("SidebandTargetCalls"),
        "CAPACITY": parameter("SidebandCapacity"),
        "HOST_GB": int(task["Memory"]) / 1024,
        "LEASE_S": limits.LEASE_TTL + limits.LOOK,
        "POLLS_A_SECOND": 1 / limits.POLL,
        "SWEEP_UNITS": PENDING_SHARDS / 2 / limits.SWEEP,
        "MIN_HOSTS": parameter("SidebandMinHosts"),
        "MAX_HOSTS": parameter("SidebandMaxHosts"),
        "QUOTA_FLEET": parameter("QuotaFleet"),
        "CALLS_FLEET": parameter("CallsFleet"),
        "API_RATE": parameter("ApiRateLimit"),
        "COOLDOWN_OUT": tracking["ScaleOutCooldown"] / 60,
        "COOLDOWN_IN": tracking["ScaleInCooldown"] / 60,
        "VIEWER_GB": resources["StreamTranscriptFunction"]["Properties"]["MemorySize"] / 1024,
    }


def figures(source: str) -> dict[str, float]:
    return {
        name: value
        for name, value in vars(assumed).items()
        if isinstance(value, assumed.Figure) and value.source.startswith(source)
    }


def test_every_figure_says_where_it_is_from() -> None:
    assert sum(len(figures(source)) for source in SOURCES) == len(assumed.FIGURES)


def test_what_is_said_to_be_chosen_is_what_was_chosen(chosen: dict[str, float]) -> None:
    assert figures("chosen") == pytest.approx(chosen)


def test_the_hosts_own_capacity_is_that_of_the_template(chosen: dict[str, float]) -> None:
    assert chosen["CAPACITY"] == limits.CAPACITY


def test_what_is_simulated_is_the_policy_that_is_deployed(template: dict[str, Any]) -> None:
    """Its figures are compared above; this is its kind, its metric, and that hosts publish that."""
    policy = template["Resources"]["SidebandScalingByCalls"]["Properties"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking["CustomizedMetricSpecification"]
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert tracking["TargetValue"] == {"Ref": "SidebandTargetCalls"}
    assert (metric["MetricName"], metric["Statistic"]) == ("CallsPerHost", "Average")
    line = Metrics().take("host", 1, 0)
    assert line["CallsPerHost"] == 1
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == metric["Namespace"]
    assert limits.METRICS == 60


@pytest.mark.parametrize("number", range(len(scaling.tables())))
def test_the_page_quotes_the_table_as_it_is_printed(number: int) -> None:
    printed = scaling.tables()[number]
    assert f"```\n{printed}\n```" in PAGE, f"python -m bench scaling prints:\n{printed}"


def test_a_load_that_doubles_is_carried_whatever_its_pace() -> None:
    for minutes in (1, 5, 60):
        assert scaling.simulate(scaling.ramp(5_000, 10_000, minutes)).waiting_minutes == 0


def test_hosts_come_when_they_are_needed_and_go_when_they_are_not() -> None:
    outcome = scaling.simulate(scaling.ramp(5_000, 20_000, 30))
    assert outcome.most_hosts == 20
    assert outcome.host_minutes < 1.1 * outcome.ideal_minutes
    assert outcome.moved > 0


def test_the_bill_is_the_sum_of_its_parts() -> None:
    it = scaling.need(100_000)
    assert it.usd_hour == pytest.approx(sum(it.costs.values()))
    assert it.writes == it.words + it.usage + it.beginnings + it.hosts
