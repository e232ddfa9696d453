"""Summary of a log, step 4: keep the summary as a memory, if it may be one."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.keep_memory import keep_memory

handler = task(keep_memory, bootstrap)
