"""The child process of the demo: see `demo.traffic`."""

import sys
import threading

from demo.visitors import send_visitors
from demo.web_server import DemoServer


def serve() -> None:
    """Serve until the input ends, and send visitors from its first byte on. Print one line: the port, or the error."""
    try:
        import requests  # noqa: F401 a missing package is reported here, where the parent reads it

        server = DemoServer()
    except (ImportError, OSError) as error:
        print(error, flush=True)
        return
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if sys.stdin.buffer.read(1):
        threading.Thread(target=send_visitors, args=(server.port,), daemon=True).start()
        sys.stdin.buffer.read()


if __name__ == "__main__":
    serve()
