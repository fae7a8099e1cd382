"""Makes a capture of HTTP over TLS with its key log: `python -m bench.make_tls --kind bodies FILE.pcap`.

FILE.keys, written beside FILE.pcap, is the key log. Both peers are those of Python's OpenSSL; keys differ each time.
"""

import argparse
import contextlib
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from bench.conversation import CLIENT, SERVER, Ends, Faults, SimulatedConnection
from bench.make_capture import CLIENTS, START, Recording

SERVER_ADDRESS: Final = int(IPv4Address("192.0.2.10"))
NO_FAULTS: Final = Faults(0, 0, 0)


class Kind(NamedTuple):
    """What the connections carry."""

    version: ssl.TLSVersion
    cipher: str
    """A cipher suite of TLS 1.2; empty for the first choice of TLS 1.3, which is AES-256-GCM."""
    connections: int
    requests: int
    """Of each connection."""
    body: int
    """Bytes of each response's body."""


KINDS: Final = {
    "bodies": Kind(ssl.TLSVersion.TLSv1_3, "", 20, 25, 1 << 20),
    "answers": Kind(ssl.TLSVersion.TLSv1_3, "", 1000, 100, 1200),
    "aes128": Kind(ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256", 20, 25, 1 << 20),
    "chacha": Kind(ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305", 20, 25, 1 << 20),
}


class Peer:
    """One side of a TLS connection, in memory."""

    def __init__(self, context: ssl.SSLContext, *, server: bool) -> None:
        self._from, self._to = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from, self._to, server_side=server)

    def shake(self, received: bytes) -> bytes:
        """Go on with the handshake; return what is to be sent."""
        self._from.write(received)
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        return self._to.read()

    def say(self, text: bytes) -> bytes:
        """Return the records of a text."""
        self._tls.write(text)
        return self._to.read()


def contexts(kind: Kind, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the settings of client and server, whose keys are logged in `folder`."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tls.example", "-days", "1"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.load_cert_chain(certificate, key)
    server.keylog_filename = str(folder / "keys")
    for context in (client, server):
        context.minimum_version = context.maximum_version = kind.version
        if kind.cipher:
            context.set_ciphers(kind.cipher)
    return client, server


def conversation(
    kind: Kind, settings: tuple[ssl.SSLContext, ssl.SSLContext], body: bytes
) -> Iterator[tuple[int, bytes]]:
    """Yield what is sent on a connection, with the side that sends it."""
    client, server = Peer(settings[0], server=False), Peer(settings[1], server=True)
    sent = b""
    for _ in range(3):
        if sent := client.shake(sent):
            yield CLIENT, sent
        if sent := server.shake(sent):
            yield SERVER, sent
    for number in range(kind.requests):
        yield CLIENT, client.say(b"GET /shop/%d HTTP/1.1\r\nHost: tls.example\r\nUser-Agent: bench/1\r\n\r\n" % number)
        yield SERVER, server.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def make(path: Path, name: str) -> None:
    """Write a capture of a kind, and its key log."""
    kind = KINDS[name]
    recording, random = Recording(path), Random(20)
    body = random.randbytes(kind.body)
    with tempfile.TemporaryDirectory() as folder:
        settings = contexts(kind, Path(folder))
        for number in range(kind.connections):
            ends = Ends(CLIENTS + number, 1024 + number, SERVER_ADDRESS, 443)
            connection = SimulatedConnection(ends, recording.capture, random, NO_FAULTS)
            now = connection.open(START + number * 10_000_000)
            for side, sent in conversation(kind, settings, body):
                now = connection.say(side, now, sent, now).end + 100
            connection.close(now)
            recording.write_until(now)
        recording.close()
        keys = path.with_suffix(".keys")
        keys.write_bytes((Path(folder) / "keys").read_bytes())
        keys.chmod(0o600)


def main() -> None:
    """Make the file that the arguments name."""
    parser = argparse.ArgumentParser(prog="make_tls", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="bodies")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    make(given.file, given.kind)


if __name__ == "__main__":
    main()
