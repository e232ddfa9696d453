"""Every minute: settle chat sessions that have run out or that the upstream has not been told of."""

from switchboard.bootstrap import bootstrap
from switchboard.task import task
from switchboard.usecases.sweep_chats import sweep_chats

handler = task(sweep_chats, bootstrap)
