"""GET /session/{sessionId}/transcript/stream: `uvicorn server:app` behind the Lambda Web Adapter."""

from switchboard.live.application import create_app
from switchboard.live.wiring import web

app = create_app(web())
