"""POST /session/call: name the call that the sideband follows."""

from switchboard.bootstrap import bootstrap
from switchboard.http import endpoint
from switchboard.usecases.attach_call import attach_call

handler = endpoint(attach_call, bootstrap, status=202)
