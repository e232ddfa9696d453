"""Timeouts and sizes of the gateway, each with its reason."""

import os

API_TIMEOUT_S = 29.0
"""API Gateway's own limit for an integration; a slower answer is a 504 there too."""

API_REQUESTS_AT_ONCE = 8 * (os.cpu_count() or 1)
"""Others wait in order: the engine starts a process for each request that finds no idle one."""

BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of them is queued, not refused."""

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway refuses larger payloads with 413."""

MAX_HEADER_BYTES = 10_240
"""API Gateway takes as much of all headers together; here it is the limit of one line."""
