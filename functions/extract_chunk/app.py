"""Extraction, step 2: read one chunk."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.extract_chunk import extract_chunk

handler = task(extract_chunk, bootstrap)
