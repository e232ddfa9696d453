#!/bin/sh
# What the Lambda Web Adapter starts, and what streams: one process, one query at a time on Lambda.
exec python -m uvicorn app:app --host 127.0.0.1 --port "${PORT:-8000}" --no-access-log --log-level warning
