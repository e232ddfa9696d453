"""What the layer warns of reaches the function's log whole."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Logger
from switchboard.voice import speak_through


@pytest.fixture
def family() -> Iterator[logging.Logger]:
    """Lend the package's logger and put it back as it was."""
    lent = logging.getLogger("switchboard")
    before = (lent.handlers, lent.propagate)
    yield lent
    lent.handlers, lent.propagate = before


def test_a_warning_of_the_layer_keeps_its_facts(
    family: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
    out = io.StringIO()
    speak_through(Logger(service="voice", stream=out))
    assert family.handlers
    logging.getLogger("switchboard.upstream.x").warning("upstream.refused", extra={"status": 400})
    line = json.loads(out.getvalue())
    assert (line["message"], line["status"], line["level"]) == ("upstream.refused", 400, "WARNING")
