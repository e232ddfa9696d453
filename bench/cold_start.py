"""Cold starts: every function against a bare handler with one DynamoDB client, as real processes in turn.

`init` is the import of the handler's module (Lambda's init phase), `first` the same with the first invocation
against a server on this machine. CPU is the figure to read: wall time has the machine's other work in it.
"""

from __future__ import annotations

import compileall
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.figures import milliseconds, ratio, table
from bench.stub import answering
from dev.engine.packaging import layer_directory, runtime_directory

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".switchboard" / "cache"
START = Path(__file__).with_name("start.py")
BARE = Path(__file__).with_name("bare")

ROUNDS, QUICK_ROUNDS = 10, 4
TIMEOUT_S = 60
"""A process that hangs is a failure to run."""

Runs = dict[str, list[dict[str, Any]]]


def run(*, quick: bool = False, only: str | None = None) -> None:
    """Measure in turn, print the table."""
    functions = [folder for folder in _functions() if not only or only in folder.name]
    runtime, layer = runtime_directory(CACHE), layer_directory(ROOT / "layers" / "switchboard", CACHE)
    compileall.compile_dir(runtime, quiet=2)
    rounds = QUICK_ROUNDS if quick else ROUNDS
    runs: Runs = defaultdict(list)
    with answering() as url:
        for _ in range(rounds + 1):  # the first round fills the machine's file cache
            runs["bare"].append(_start(BARE, runtime, [], url))
            for function in functions:
                runs[function.name].append(_start(function, runtime, [layer], url))
    for name in runs:
        del runs[name][0]
    print(f"Cold start against a bare handler: median (minimum) of {rounds} interleaved rounds\n")
    print(_table(runs) + "\n")


def _functions() -> list[Path]:
    """Return the folders of the plain handlers; a web application brings its own dependencies along."""
    folders = sorted(path.parent for path in ROOT.glob("functions/*/app.py"))
    return [folder for folder in folders if not (folder / "requirements.txt").exists()]


def _start(function: Path, runtime: Path, layers: list[Path], url: str) -> dict[str, Any]:
    """Start the function in a process of its own; return what it measured."""
    sample = "get_session" if function == BARE else function.name
    paths = [ROOT / "events" / f"{sample}.json", runtime, *layers]
    done = subprocess.run(
        [sys.executable, "-S", "-P", str(START), *map(str, paths)],
        env=_environment(function, url),
        cwd=function,
        stdout=subprocess.PIPE,
        check=True,
        timeout=TIMEOUT_S,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _environment(function: Path, url: str) -> dict[str, str]:
    """Return what Lambda and the template set; secrets come from Secrets Manager, as they do there."""
    return {
        "LAMBDA_TASK_ROOT": str(function),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_ENDPOINT_URL": url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "TABLE_NAME": "switchboard",
        "SECRETS_KEY_ID": "key",
        "SIDEBAND_QUEUE_URL": f"{url}/queue",
        **{name: f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}" for name in STATE_MACHINES},
        **{f"{name}_ARN": f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}" for name in SECRETS},
        "OPENAI_BASE_URL": f"{url}/v1",
        "PYTHONDONTWRITEBYTECODE": "1",  # a function's own folder is read-only on Lambda
    }


STATE_MACHINES = ("RENEW_STATE_MACHINE_ARN", "EXTRACT_STATE_MACHINE_ARN", "SUMMARISE_STATE_MACHINE_ARN")
SECRETS = ("OPENAI_API_KEY", "JWT_SECRET", "BACKEND_API_KEY", "GUEST_SECRET")


def _table(runs: Runs) -> str:
    bare = runs["bare"]
    rows = []
    for name, measured in runs.items():
        row = [name]
        for phase in ("init", "first"):
            for clock in ("cpu", "wall"):
                values = [one[phase][clock] for one in measured]
                base = [one[phase][clock] for one in bare]
                row.append(f"{milliseconds(values)} ms" if name == "bare" else ratio(values, base))
        rows.append([*row, str(measured[0]["modules"]), measured[0]["outcome"]])
    return table(["function", "init cpu", "init wall", "first cpu", "first wall", "modules", "outcome"], rows)
