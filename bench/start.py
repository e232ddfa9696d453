"""The process that is measured: start a function as Lambda's runtime does, call it once, print the times.

Started as `python -S -P start.py EVENT RUNTIME LAYER…`, like `dev/engine/worker.py`. One line of JSON goes
to the real standard output: seconds of CPU and wall for `init` (importing the handler's module) and for
`first` (the same with the first invocation), and how that invocation went.
"""

import json
import os
import sys
from importlib import import_module
from time import perf_counter, process_time


class Context:
    """What handlers read of Lambda's context."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"


def main() -> None:
    """Lay out `sys.path`, load what the runtime itself loads, then measure."""
    event_file, runtime, *layers = sys.argv[1:]
    with open(event_file, encoding="utf-8") as file:
        event = json.load(file)
    figures = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *(os.path.join(layer, "python") for layer in layers)]
    sys.path.append(runtime)
    # Lambda has loaded its client before it looks at the function: that is not the function's cost.
    import awslambdaric.bootstrap  # type: ignore[import-untyped]  # noqa: F401  # no annotations; loaded to be there

    wall, cpu = perf_counter(), process_time()
    handler = import_module("app").handler
    init = {"wall": perf_counter() - wall, "cpu": process_time() - cpu}
    outcome = "ok"
    try:
        answer = handler(event, Context())
        outcome = str(answer.get("statusCode", "ok"))
    except (
        Exception
    ) as error:  # a task tells its outcome by raising; the figures are of interest all the same
        outcome = type(error).__name__
    first = {"wall": perf_counter() - wall, "cpu": process_time() - cpu}
    modules = len(sys.modules)
    os.write(
        figures, json.dumps({"init": init, "first": first, "outcome": outcome, "modules": modules}).encode()
    )


if __name__ == "__main__":
    main()
