"""Renewal, step 4: take up the new secret."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.rotate_session import rotate_session

handler = task(rotate_session, bootstrap)
