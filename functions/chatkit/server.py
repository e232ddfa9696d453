"""POST /chatkit: our own ChatKit server, run as `uvicorn server:app` behind the Lambda Web Adapter."""

from switchboard.selfhosted.application import create_app
from switchboard.selfhosted.wiring import web

app = create_app(web())
