"""POST /api/realtime/logs, POST /realtime/logs: record what a browser uploads at the end of a session."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint, read_log
from switchboard.usecases.record_log import record_log

handler = endpoint(record_log, bootstrap, status=202, lenient=True, read=read_log)
