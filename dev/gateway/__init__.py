"""A stable plain URL in front of the engine's REST API, and what the engine cannot do behind the same URL."""
