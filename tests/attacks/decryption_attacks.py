"""Attacks on decryption: ciphertext for which no secret comes, records that no secret opens, and endless key logs."""

from struct import pack
from typing import Final

from .attack import Attack, Packets
from .frames import CLIENT, SERVER, Line
from .tls_attacks import message, records

PER_CONNECTION: Final = 2000
"""Records, which are more than the attempts that are made."""
LATE: Final = "connections without secrets in time"


def hellos(number: int) -> tuple[bytes, bytes]:
    """Build a ClientHello with a random value of its own, and a ServerHello of TLS 1.3 with AES-128-GCM."""
    client = b"\3\3" + number.to_bytes(32, "big") + b"\0\0\2\x13\x01\1\0"
    chosen = b"\0\x2b\0\2\3\4"
    server = b"\3\3" + bytes(32) + b"\0\x13\x01\0" + pack(">H", len(chosen)) + chosen
    return records(message(1, client)), records(message(2, server))


def secrets(number: int) -> bytes:
    """Return lines with secrets of a connection, which nobody has."""
    random, secret = number.to_bytes(32, "big").hex(), "ab" * 32
    labels = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0")
    return "".join(f"{label} {random} {secret}\n" for label in (*labels, "SERVER_TRAFFIC_SECRET_0")).encode()


def undecrypted(n: int) -> Packets:
    """Memory per connection without secrets: each one sends 8 kB of ciphertext both ways, and stays open."""
    block = records(bytes(4000), 23) * 2
    for number in range(n):
        line = Line(number)
        client, server = hellos(number)
        yield from line.hello()
        yield from line.send(CLIENT, client)
        yield from line.send(SERVER, server)
        yield from line.send(SERVER, block)
        yield from line.send(CLIENT, block)


def unopened(n: int) -> Packets:
    """Time per record that no secret opens: records of several sizes, on one connection after the other."""
    blocks = [records(bytes(size), 23) for size in (17, 200, 1400, 16_000)]
    for number in range(n // PER_CONNECTION):
        line = Line(number)
        client, server = hellos(number)
        yield from line.hello()
        yield from line.send(CLIENT, client)
        yield from line.send(SERVER, server)
        for place in range(PER_CONNECTION):
            yield from line.send(place & 1, blocks[place % 4], 16_100)


def endless_keys(n: int) -> Packets:
    """Memory and time of a key log with so many connections, none of which is seen but one."""
    line = Line(n)
    client, server = hellos(n)
    yield from line.hello()
    yield from line.send(CLIENT, client)
    yield from line.send(SERVER, server)
    yield from line.send(SERVER, records(bytes(4000), 23))


DECRYPTION_ATTACKS = (
    Attack(
        undecrypted,
        100_000,
        "connections",
        ("TLS", LATE),
        ("evicted", "waiting data discarded"),
        core_only=True,
        keys=lambda n: b"",
    ),
    Attack(
        unopened,
        500_000,
        "records",
        ("TLS",),
        ("directions given up",),
        core_only=True,
        keys=lambda n: b"".join(map(secrets, range(n // PER_CONNECTION))),
    ),
    Attack(
        endless_keys,
        1_000_000,
        "secrets",
        ("TLS", "loaded"),
        ("discarded unused",),
        core_only=True,
        keys=lambda n: b"".join(map(secrets, range(n // 4))),
    ),
)
