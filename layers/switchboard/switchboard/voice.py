"""What the layer's own loggers say is written as the function's log is: JSON, with all its facts."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger


def speak_through(log: Logger) -> None:
    """In Lambda, hand this package's records to the handler of `log`: its runtime drops their facts."""
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        return
    family = logging.getLogger("switchboard")
    family.handlers = [log.registered_handler]
    family.propagate = False  # or the runtime would print them once more, as plain text
