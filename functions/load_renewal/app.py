"""Renewal, step 1: find the session as it is now."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.load_renewal import load_renewal

handler = task(load_renewal, bootstrap)
