"""Renewal, step 3: mint the new secret."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.mint_secret import mint_secret

handler = task(mint_secret, bootstrap)
