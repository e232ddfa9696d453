"""Extraction, step 1: count the chunks."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.load_extraction import load_extraction

handler = task(load_extraction, bootstrap)
