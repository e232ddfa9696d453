"""Extraction, when a step has failed: say so."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.fail_extraction import fail_extraction

handler = task(fail_extraction, bootstrap)
