"""The process in which the engine runs one function: Lambda's own Python runtime client.

Started as `python -S -P worker.py RUNTIME_DIR LAYER_DIR…` in the unpacked code: without the virtual
environment, so that a function sees its code, its layers and the runtime, and nothing else, as on AWS.
"""

import os
import sys


def main() -> None:
    """Lay out `sys.path` as Lambda does and serve the Runtime API until the engine goes away."""
    runtime, *layers = sys.argv[1:]
    code = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[:0] = [code, *(os.path.join(layer, "python") for layer in layers)]
    sys.path.append(runtime)
    # Found only on the path laid out above.
    from awslambdaric import bootstrap  # type: ignore[import-untyped]  # it ships no annotations
    from awslambdaric.lambda_runtime_client import (  # type: ignore[import-untyped]  # the same
        LambdaRuntimeClient,
    )

    api = LambdaRuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"], use_thread_for_polling_next=False)
    bootstrap.run(os.environ["_HANDLER"], api)


if __name__ == "__main__":
    main()
