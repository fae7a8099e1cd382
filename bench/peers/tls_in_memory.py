"""Times TLS between a client and a server in this process: `python -m bench.peers.tls_in_memory FOLDER`.

For each line on standard input, such as `handshake TLSv1.3` or `request TLSv1.3`, it prints the nanoseconds of
processor time of each of a hundred. FOLDER has `certificate.pem` and `key.pem`.
"""

import contextlib
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

TIMES: Final = 100
EACH: Final = 30
"""Requests that are timed together, because one takes little longer than reading the clock."""
VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Peers(NamedTuple):
    """Both sides of a connection."""

    client: ssl.SSLObject
    server: ssl.SSLObject


def connected(version: str, folder: Path) -> Callable[[], Peers]:
    """Return what makes a connection."""
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = VERSIONS[version]

    def connect() -> Peers:
        one, other = ssl.MemoryBIO(), ssl.MemoryBIO()
        peers = Peers(client.wrap_bio(one, other), server.wrap_bio(other, one, server_side=True))
        for side in (*peers, *peers, peers.client):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
        return peers

    return connect


def request(peers: Peers) -> None:
    """Send a request and its response."""
    peers.client.write(b"x" * 200)
    peers.server.read(4096)
    peers.server.write(b"y" * 1000)
    peers.client.read(4096)


def timed(what: str, version: str, folder: Path) -> list[int]:
    """Return the nanoseconds of each."""
    connect = connected(version, folder)
    peers = connect()
    action, each = (connect, 1) if what == "handshake" else (lambda: request(peers), EACH)
    times = []
    for _ in range(TIMES):
        begin = time.thread_time_ns()
        for _ in range(each):
            action()
        times.append((time.thread_time_ns() - begin) // each)
    return times


def main() -> None:
    """Answer each line."""
    print("ready", flush=True)
    for line in sys.stdin:
        what, version = line.split()
        print(*timed(what, version, Path(sys.argv[1])), flush=True)


if __name__ == "__main__":
    main()
