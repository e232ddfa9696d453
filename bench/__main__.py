"""`python -m bench [PART …] [--quick]`: run the benchmarks named, or all."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench.processes import PATHS

PARTS = ("cold_start", "sideband", "writes", "full_load", "agent", "scaling", "model_check")


def main() -> int:
    """Read the command line; return the exit status: 1 if a figure is beyond its aim."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--only", help="of cold_start, functions whose name holds this text")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    sys.path[:0] = PATHS
    parts = [importlib.import_module(f"bench.{part}") for part in options.parts or PARTS]
    met = [part.run(quick=options.quick, only=options.only) for part in parts]
    return int(False in met)


if __name__ == "__main__":
    sys.exit(main())
