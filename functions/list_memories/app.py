"""GET /memories: show a user what is remembered of them."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.list_memories import list_memories

handler = endpoint(list_memories, bootstrap)
