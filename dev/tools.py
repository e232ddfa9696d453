"""Say what a sideband host has against the tools that its environment configures, if anything.

Started by the launcher as a process of its own, with the host's packages.
"""

from __future__ import annotations

import os
import sys

from sideband.tool_wiring import tool_kit
from switchboard.bootstrap import Parts
from switchboard.domain.tool_config import BadTools


def main() -> int:
    """Return 0 if a host would start with them; else 1, with the reason."""
    try:
        tool_kit(Parts(os.environ))
    except BadTools as bad:
        print(bad, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
