"""An extraction: what it is named after, when it may be tried again, and how its chunks are joined."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchboard.domain import limits
from switchboard.domain.extraction import (
    DEFAULT_SCHEMA,
    Evidence,
    Extraction,
    Finding,
    extraction_id,
    merge,
)

from tests.unit.fakes import START
from tests.unit.given import ANN, SESSION_ID

DEADLINE = timedelta(seconds=limits.EXTRACT_DEADLINE_SECONDS)
RUNNING = Extraction("ext_1", SESSION_ID, ANN.owner, "v1", DEFAULT_SCHEMA, started_at=START)


def found(profile: dict[str, Any], **evidence: tuple[str, ...]) -> Finding:
    return Finding(profile, tuple(Evidence(field, items) for field, items in evidence.items()))


def test_the_same_question_has_the_same_id() -> None:
    assert extraction_id("s", "v", {"a": 1, "b": 2}) == extraction_id("s", "v", {"b": 2, "a": 1})
    assert extraction_id("s", "v", {}).startswith("ext_")


def test_another_session_version_or_schema_is_another_question() -> None:
    ids = {
        extraction_id("s", "v", {}),
        extraction_id("t", "v", {}),
        extraction_id("s", "w", {}),
        extraction_id("s", "v", {"a": 1}),
    }
    assert len(ids) == 4


def test_a_running_extraction_is_left_alone_until_it_is_overdue() -> None:
    assert not RUNNING.may_start(START + DEADLINE)
    assert RUNNING.may_start(START + DEADLINE + timedelta(seconds=1))


def test_one_that_is_overdue_has_failed() -> None:
    assert RUNNING.as_of(START + DEADLINE) is RUNNING
    overdue = RUNNING.as_of(START + DEADLINE + timedelta(seconds=1))
    assert (overdue.status, overdue.error) == ("failed", "States.Timeout")


def test_a_finished_one_stays_as_it_is() -> None:
    done = RUNNING.succeed(found({"name": "Ann"}), "Be kind to Ann.")
    assert not done.may_start(START + DEADLINE * 2)
    assert done.as_of(START + DEADLINE * 2) is done


def test_a_failed_one_may_be_tried_again_at_once_under_another_name() -> None:
    failed = RUNNING.fail("UpstreamRefused")
    assert failed.may_start(START)
    again = failed.again(START + timedelta(seconds=5))
    assert (again.status, again.attempt, again.error) == ("running", 2, None)
    assert again.started_at == START + timedelta(seconds=5)
    assert again.execution_name != RUNNING.execution_name


def test_what_was_said_later_wins() -> None:
    merged = merge([found({"town": "Ulm"}), found({"town": "Bonn"})])
    assert merged.profile == {"town": "Bonn"}


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_was_not_said_again_is_not_unsaid(nothing: str | None) -> None:
    assert merge([found({"town": "Ulm"}), found({"town": nothing})]).profile == {"town": "Ulm"}


@pytest.mark.parametrize("something", [0, False])
def test_zero_and_no_are_answers(something: Any) -> None:
    assert merge([found({"cats": 3}), found({"cats": something})]).profile == {"cats": something}


def test_lists_grow_without_repeats() -> None:
    merged = merge(
        [found({"goals": ["run", "read"]}), found({"goals": ["read", "rest"]}), found({"goals": []})]
    )
    assert merged.profile == {"goals": ["run", "read", "rest"]}


def test_objects_are_joined_field_by_field() -> None:
    merged = merge(
        [found({"home": {"town": "Ulm", "zip": None}}), found({"home": {"town": None, "zip": "8"}})]
    )
    assert merged.profile == {"home": {"town": "Ulm", "zip": "8"}}


def test_evidence_of_all_chunks_is_kept_once_in_order() -> None:
    merged = merge([found({}, name=("a", "b")), found({}, town=("c",), name=("b", "d"))])
    assert merged.evidence == (Evidence("name", ("a", "b", "d")), Evidence("town", ("c",)))


def test_nothing_found_is_an_empty_finding() -> None:
    assert merge([]) == Finding({}, ())


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.none() | st.lists(st.integers(0, 3), unique=True))))
def test_joining_leaves_the_chunks_as_they_were(profiles: list[dict[str, Any]]) -> None:
    findings = [found(profile) for profile in profiles]
    before = repr(findings)
    once = merge(findings)
    assert repr(findings) == before
    assert merge([*findings, *findings]).profile == once.profile


def test_a_failure_forgets_no_fact_of_an_earlier_success() -> None:
    done = RUNNING.succeed(found({"name": "Ann"}), "x")
    assert replace(done, status="failed").profile == {"name": "Ann"}
