"""The FastAPI application of the text agent: it only adapts; the agent itself is `switchboard.agent`."""
