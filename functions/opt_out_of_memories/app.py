"""POST /memories/opt-out: let a user choose to have nothing remembered."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.opt_out_of_memories import opt_out_of_memories

handler = endpoint(opt_out_of_memories, bootstrap)
