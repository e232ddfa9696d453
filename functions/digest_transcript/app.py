"""Renewal, step 2: digest the talk so far."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.digest_transcript import digest_transcript

handler = task(digest_transcript, bootstrap)
