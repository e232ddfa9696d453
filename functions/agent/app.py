"""The text agent: `handler` on Lambda for what is answered at once, `uvicorn app:app` for streams."""

from agent_web.application import create_app
from agent_web.wiring import web
from mangum import Mangum

app = create_app(web())
handler = Mangum(app, lifespan="off")
