"""Every five minutes: remove the mailboxes of streams that ended without tidying up."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.sweep_mailboxes import sweep_mailboxes

handler = task(sweep_mailboxes, bootstrap)
