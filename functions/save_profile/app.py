"""Extraction, step 3: join and keep what was found."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.save_profile import save_profile

handler = task(save_profile, bootstrap)
