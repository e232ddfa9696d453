"""Run a sideband host: `python -m sideband`; `--check` asks the one on this machine whether it is well."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from switchboard.domain.tool_config import BadTools

from sideband import limits, log
from sideband.deps import Shared
from sideband.garbage import collect
from sideband.health import Health, ask
from sideband.host import Host
from sideband.wiring import wire

HEALTH_PORT = 8080


async def run() -> None:
    """Follow calls until SIGTERM or SIGINT."""
    deps, queue, host_id = wire(os.environ)
    capacity = int(os.environ.get("SIDEBAND_CAPACITY") or limits.CAPACITY)
    host = Host(Shared(deps, host_id), queue, capacity)
    health = Health(host)
    port = await health.start(health_port())
    log.info("health.listening", port=port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stop)
    collecting = asyncio.create_task(collect())
    await host.run()
    collecting.cancel()
    health.close()


def health_port() -> int:
    """Return the port of the health check."""
    return int(os.environ.get("HEALTH_PORT") or HEALTH_PORT)


def main() -> int:
    """Return the exit code."""
    if "--check" in sys.argv[1:]:
        return 0 if ask(health_port()) else 1
    log.start(os.environ.get("LOG_LEVEL") or "INFO")
    try:
        asyncio.run(run())
    except BadTools as error:
        log.error("tools.bad", error, why=str(error))
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # threads that still wait for the network have nothing to add
