"""Summary of a log, step 1: count what is in it, and see how many chunks there are."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.load_log import load_log

handler = task(load_log, bootstrap)
