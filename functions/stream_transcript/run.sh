#!/bin/sh
# Started by the Lambda Web Adapter on AWS and by the launcher here. Lambda itself adds the layers to the path of
# functions only, not to that of a command.
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}/opt/python:${LAMBDA_RUNTIME_DIR:-/var/runtime}"
exec python -m uvicorn server:app --host 127.0.0.1 --port "${PORT:-8000}" --no-access-log --log-level warning \
  --timeout-graceful-shutdown 2
