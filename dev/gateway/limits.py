"""Timeouts and sizes of the gateway, each with its reason."""

API_TIMEOUT_S = 29.0
"""API Gateway's own limit for an integration; a slower answer is a 504 there too."""

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway refuses larger payloads with 413."""

CHUNK_BYTES = 64 * 1024
"""A body is passed on in pieces of at most this size, as they come."""
