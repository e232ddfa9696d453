"""Stand in for a sideband host: say what it was given, answer its health check, leave on SIGTERM."""

import http.server
import json
import os
import signal
import sys
import threading

WANTED = ("TABLE_NAME", "QUEUE_URL", "CLUSTER", "GREETING", "AWS_ENDPOINT_URL", "OPENAI_API_KEY")


class Health(http.server.BaseHTTPRequestHandler):
    """Answer every GET with 200."""

    def do_GET(self) -> None:
        """Say that all is well."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


def tell(event: dict[str, object]) -> None:
    """Log one event as a JSON line."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until told to leave."""
    tell({"message": "host", **{name: os.environ.get(name) for name in WANTED}})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["HEALTH_PORT"])), Health)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    tell({"message": "left"})


if __name__ == "__main__":
    main()
