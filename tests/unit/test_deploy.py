"""What `dev.deploy` does before it hands over to `sam`."""

from __future__ import annotations

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no annotations

from dev import deploy, push_image
from dev.deploy import ROOT, SECRET, marked, parse, stage_settings

TEMPLATE = (ROOT / "template.yaml").read_text("utf-8")
CONFIG = (ROOT / "samconfig.toml").read_text("utf-8")


def configuration(text: str) -> str:
    """Return the mark that every function carries."""
    shared = yaml_parse(text)["Globals"]["Function"]["Environment"]["Variables"]
    return str(shared["CONFIGURATION"])


def test_a_changed_parameter_marks_the_functions() -> None:
    assert configuration(marked(TEMPLATE, {"RealtimeModel": "a"})) != configuration(
        marked(TEMPLATE, {"RealtimeModel": "b"})
    )


def test_a_new_image_leaves_the_functions_as_they_are() -> None:
    assert marked(TEMPLATE, {"SidebandImage": "a"}) == marked(TEMPLATE, {"SidebandImage": "b"})


def test_the_same_parameters_mark_nothing_anew() -> None:
    once = marked(TEMPLATE, {"Stage": "dev", "RealtimeModel": "a"})
    assert marked(once, {"RealtimeModel": "a", "Stage": "dev"}) == once


def test_a_secret_leaves_no_trace_in_the_mark_but_that_there_is_one() -> None:
    with_secret = configuration(marked(TEMPLATE, {"JwtSecret": "one"}))
    assert with_secret == configuration(marked(TEMPLATE, {"JwtSecret": "other"}))
    assert with_secret != configuration(marked(TEMPLATE, {"JwtSecret": ""}))


def test_the_secret_parameters_are_those_that_the_template_hides() -> None:
    parameters = yaml_parse(TEMPLATE)["Parameters"]
    assert {name for name, each in parameters.items() if each.get("NoEcho")} == SECRET


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_sets_only_parameters_that_exist_and_no_secret(stage: str) -> None:
    stack, parameters = stage_settings(stage, CONFIG)
    assert stack == f"switchboard-{stage}"
    assert parameters["Stage"] == stage
    assert set(parameters) <= set(yaml_parse(TEMPLATE)["Parameters"]) - SECRET


def test_a_value_may_hold_an_equals_sign() -> None:
    assert parse(["JwtIssuer=https://id.example.com/?a=b"]) == {"JwtIssuer": "https://id.example.com/?a=b"}


def test_a_word_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="Stage"):
        parse(["Stage"])


def test_a_stage_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match=r"no stage staging; it has dev, prod"):
        stage_settings("staging", CONFIG)


def test_a_word_that_is_no_parameter_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["deploy", "dev", "OpenAIApiKey"])
    with pytest.raises(SystemExit, match="not of the form Name=Value: OpenAIApiKey"):
        deploy.main()


def test_a_push_without_a_region_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr("sys.argv", ["push_image", "dev"])
    with pytest.raises(SystemExit, match="Set AWS_PROFILE and AWS_REGION"):
        push_image.main()


def test_a_push_before_the_first_deploy_says_what_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_image, "described", lambda stack: None)
    with pytest.raises(SystemExit, match="no stack switchboard-dev yet: run `make deploy` first"):
        push_image.repository("switchboard-dev")
