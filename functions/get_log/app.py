"""GET /realtime/logs/{logId}: show what has become of a log."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.get_log import get_log

handler = endpoint(get_log, bootstrap)
