"""Summary of a log, step 3: make one summary of those of its chunks."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.summarise_log import summarise_log

handler = task(summarise_log, bootstrap)
