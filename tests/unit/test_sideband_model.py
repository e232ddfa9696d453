"""No history of attaching, ending, crashing and losing leases loses or doubles what was acknowledged."""

from tests.unit.sideband_model import explore


def test_no_history_loses_or_doubles_an_acknowledged_item() -> None:
    assert explore(15, derandomize=True)["histories"] >= 15
