#!/bin/sh
# What the Lambda Web Adapter starts: one process, one request at a time on Lambda.
# What the Lambda Web Adapter starts: one process, one request at a time on Lambda.
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}/opt/python:${LAMBDA_RUNTIME_DIR:-/var/runtime}"
exec python -m uvicorn server:app --host 127.0.0.1 --port "${PORT:-8000}" --no-access-log --log-level warning
