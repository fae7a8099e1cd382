"""Suricata on a file, with a line per transaction: `python -m bench.peers.suricata_read FILE`.

A line has request target, status, and the target that was answered, taken from its HTTP log.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.readers import suricata


def main() -> None:
    """Read the file."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "http.json"
        subprocess.run([*suricata(sys.argv[1]), "--set", f"outputs.0.eve-log.filename={log}"], check=True)
        for line in log.read_text(errors="replace").splitlines():
            transaction = json.loads(line)["http"]
            target = transaction.get("url", "")
            print(target, transaction.get("status", ""), target, sep="\t")


if __name__ == "__main__":
    main()
