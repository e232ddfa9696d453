"""The upstream: OpenAI's realtime and responses APIs, through one transport seam."""
