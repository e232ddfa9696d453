"""No history of attaching, ending, crashing and losing leases loses or doubles what was acknowledged."""

from tests.unit.sideband_defects import found_after
from tests.unit.sideband_model import explore

HEARD = 30
"""Items that hosts heard, so that something is proved: twice as many as histories."""


def test_no_history_loses_or_doubles_an_acknowledged_item() -> None:
    explored = explore(15)
    assert explored["histories"] >= 15
    assert explored["heard"] >= HEARD


def test_a_planted_defect_is_found_within_a_few_histories() -> None:
    assert found_after("no-gap", 20) is not None
