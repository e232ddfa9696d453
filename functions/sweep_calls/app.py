"""Every minute: end the calls that no host follows."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.sweep_calls import sweep_calls

handler = task(sweep_calls, bootstrap)
