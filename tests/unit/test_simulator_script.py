"""Scripts as they are read."""

from typing import Any

import pytest

from dev.simulator.errors import BadScript
from dev.simulator.script import Library, checked, parse

TALK: dict[str, Any] = {"steps": [{"user": "Hi."}, {"assistant": "Hello."}]}


def test_yaml_and_json_say_the_same() -> None:
    yaml = parse("steps:\n  - user: Hi.\n  - pause: 1\n", "talk")
    json = parse('{"steps": [{"user": "Hi."}, {"pause": 1}]}', "talk")
    assert yaml == json


def test_the_demo_tells_of_a_tool_and_of_an_interruption() -> None:
    demo = Library({}, "demo").default
    assert demo is not None
    assert "call" in {step.verb for step in demo.steps}
    assert any("interrupted_after" in step.rest for step in demo.steps)
    assert sum(step.verb in ("user", "assistant", "call") for step in demo.steps) >= 8


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({}, "exactly one of"),
        ({"user": "a", "assistant": "b"}, "exactly one of"),
        ({"user": 7}, "wrong type"),
        ({"user": "a", "speed": 2}, "'speed'"),
        ({"assistant": "a", "interrupted_after": 1}, "needs a 'user' step"),
        ({"fault": {"at": "nowhere", "do": "drop"}}, "'nowhere'"),
    ],
)
def test_a_wrong_step_is_named(step: dict[str, Any], words: str) -> None:
    with pytest.raises(BadScript) as wrong:
        checked({"steps": [{"user": "Hi."}, step]}, "talk")
    assert "step 2" in str(wrong.value)
    assert words in str(wrong.value)


@pytest.mark.parametrize("data", [None, [], {"stepz": []}, {"start": "noon"}, {"answers": [{"input": "("}]}])
def test_a_wrong_script_is_refused(data: object) -> None:
    with pytest.raises(BadScript):
        checked(data, "talk")


def test_a_marker_chooses_among_the_scripts() -> None:
    library = Library({"talk": TALK}, "talk")
    assert library.chosen(None) is library.get("talk")
    assert library.chosen("demo") is library.get("demo")
    assert library.chosen("none") is None
    with pytest.raises(BadScript):
        library.chosen("nowhere")
