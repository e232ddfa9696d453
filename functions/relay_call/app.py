"""POST /realtime/calls: place a call in the browser's stead, and hand back the answer."""

from switchboard.bootstrap import bootstrap
from switchboard.relay_http import relay_endpoint
from switchboard.usecases.relay_call import relay_call

handler = relay_endpoint(relay_call, bootstrap)
