"""The whole monitor on a file, with a line per exchange: `python -m bench.peers.ours FILE`.

A line has request target, status, and the target that was answered, taken from `--log`.
"""

import json
import subprocess
import sys


def main() -> None:
    """Read the file."""
    command = [sys.executable, "exercise.py", "-r", sys.argv[1], "--log", "-", "--set", "log_query_strings=true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as monitor:
        for line in monitor.stdout or ():
            exchange = json.loads(line)
            target = exchange.get("url.original", "")
            print(target, exchange.get("http.response.status_code", ""), target, sep="\t")


if __name__ == "__main__":
    main()
