"""Summary of a log, step 2: summarise one chunk of it."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.summarise_chunk import summarise_chunk

handler = task(summarise_chunk, bootstrap)
