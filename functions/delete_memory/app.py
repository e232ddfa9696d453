"""DELETE /memories/{memoryId}: forget one memory."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.delete_memory import delete_memory

handler = endpoint(delete_memory, bootstrap)
