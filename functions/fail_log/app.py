"""Summary of a log, when a step has failed: the record says so."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.fail_log import fail_log

handler = task(fail_log, bootstrap)
