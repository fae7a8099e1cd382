"""Fuzzes the crates `wire` and `codings` with cargo-fuzz, `--seconds` per target, with seeds used for both decoders.

Without cargo-fuzz it prints one line. Failing inputs are saved in `--findings`. The exit status is 1 if anything
failed.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from struct import pack

from .frames import CLIENT, SERVER
from .fuzz import LONGEST, ROOT
from .fuzz_both import frame_seeds, talk_seeds
from .fuzz_targets import TARGETS
from .quic_packets import V1, V2, client_hello, crypto, handshake, long_header, negotiation, retry, short
from .talk_bytes import LOST, said

CRATE = ROOT / "core" / "fuzz"
MISSING = "cargo-fuzz is missing, so the core is not fuzzed separately: cargo install cargo-fuzz"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz_core", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="duration per target (default: 60)")
    parser.add_argument("--findings", type=Path, default=Path(".fuzz"), help="folder for seeds and failing inputs")
    parser.add_argument("--target", choices=SEEDS, help="fuzz only this target")
    given = parser.parse_args(argv)
    if shutil.which("cargo-fuzz") is None:
        print(MISSING)
        return 0
    names = [given.target] if given.target else list(SEEDS)
    return 1 if [name for name in names if finds(name, given.seconds, given.findings.resolve())] else 0


def finds(name: str, seconds: int, folder: Path) -> bool:
    """Fuzz one target; return whether it found something."""
    known = folder / "corpus" / name
    known.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]()):
        (known / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=5", "-rss_limit_mb=2048"]
    place = f"-artifact_prefix={folder}/core-{name}-"
    # No sanitizer, because the crate has no unsafe code; coverage guidance then needs flags that stable compilers only
    # allow with this variable.
    command = ["cargo", "fuzz", "run", "--sanitizer", "none", name, str(known), "--", *options, place]
    unlocked = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    return subprocess.run(command, cwd=CRATE, env=unlocked, check=False).returncode != 0


def pieces() -> Iterable[bytes]:
    """Yield capture files without their header, for each reader."""
    for seed in TARGETS["capture_file"].seeds():
        for choice in range(8):
            yield bytes([choice, 0]) + seed[24:]
            yield bytes([choice, 56]) + seed


def bodies() -> Iterable[bytes]:
    """Yield segments with frames, events and calls, for each kind of connection."""
    server = [
        b"\x81\5hello",
        b"\x89\0\x88\2\3\xe8",
        b"\x02\x7e\1\0" + bytes(256),
        b"data: a\n\n",
        b"5\r\ndata\n\r\n1\r\n\n\r\n",
    ]
    client = [b"\x81\x85maskhello", b'{"jsonrpc":"2.0","method":"a"}', b'[{"query":"query A { a }"}]', b"query A { a }"]
    client += [b"<Envelope><Body><A/>", b"--a\r\n\r\n<Envelope><Body><A/>", b"\x88\x82mask\0\0"]
    for kind in range(8):
        yield bytes([0, kind]) + b"".join(said(CLIENT, part) for part in client)
        yield bytes([0, kind]) + b"".join(said(SERVER, part) for part in server)
        yield (
            bytes([0, kind])
            + said(SERVER | LOST, server[0])
            + b"".join(map(said, (SERVER, CLIENT), (server[1], client[0])))
        )


def header_blocks() -> Iterable[bytes]:
    """Yield the header blocks of RFC 7541 appendix C.4 and C.6, and changes of the table's size."""
    requests = (
        "828684418cf1e3c2e5f23a6ba0ab90f4ff 828684be5886a8eb10649cbf 828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"
    )
    answers = "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff 4883640effc1c0bf 88c1bf"
    sizes = "3fe11f 203fe10140016101625f0163 82be"
    for blocks in (requests, answers, sizes):
        for control in range(8):
            yield b"".join(bytes([control | 0x80, len(block)]) + block for block in map(bytes.fromhex, blocks.split()))


def framed(side: int, kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Build a frame as the target takes it: what becomes of its segment, then its head and payload."""
    return bytes([side, 0, kind, flags, stream, len(payload)]) + payload


def http2() -> Iterable[bytes]:
    """Yield an exchange, a call, a promise, and blocks in parts, for each way in which a connection starts."""
    get, ok, status = b"\x82\x86\x84\x41\x01a\x40\x01x\x01y", b"\x88\x40\x01x\x01y", b"\x40\x0bgrpc-status\x010"
    kind = b"\x5f\x10application/grpc"
    exchange = framed(CLIENT, 1, 5, 1, get) + framed(SERVER, 1, 4, 1, ok) + framed(SERVER, 0, 9, 1, b"\2hello\0\0")
    call = framed(CLIENT, 1, 4, 3, b"\x83\x86\x44\x04/a/b" + kind) + framed(CLIENT, 0, 1, 3, b"\0\0\0\0\1x")
    called = (
        framed(SERVER, 1, 4, 3, ok + kind) + framed(SERVER, 0, 0, 3, b"\0\0\0\0\1x") + framed(SERVER, 1, 5, 3, status)
    )
    parts = framed(CLIENT, 1, 1, 5, get[:3]) + framed(CLIENT, 9, 4, 5, get[3:])
    promise = framed(SERVER, 5, 4, 5, b"\0\0\0\2" + get) + framed(CLIENT, 3, 0, 5, b"\0\0\0\x08")
    lost = framed(CLIENT | LOST, 1, 5, 7, get) + framed(SERVER, 1, 5, 7, ok)
    last = framed(CLIENT, 1, 5, 9, b"\x82\x86\x84\xbe\xbf") + framed(SERVER, 7, 0, 0, b"\0\0\0\1\0\0\0\0")
    for begins in range(8):
        for talk in (exchange, call + called, parts + promise, exchange + lost + last):
            yield bytes([0, begins]) + talk


def quic_talks() -> Iterable[bytes]:
    """Yield datagrams of a connection: not encrypted, in one or more pieces, with all kinds of packets."""
    hello = client_hello(b"a.example")
    whole, halves = [crypto(0, hello)], [crypto(30, hello[30:]), crypto(0, hello[:30])]
    for version in (V1, V2, int.from_bytes(b"Q050", "big")):
        for frames in (whole, halves):
            parts = [opened(content, version) for content in frames]
            talk = [(0, part) for part in parts] + [(1, handshake(b"servers!", version)), (16, short(b"servers!"))]
            yield b"\x10" + b"".join(bytes((control,)) + pack(">H", len(part)) + part for control, part in talk)
    for control, packet in (
        (1, negotiation(V1, V2)),
        (1, retry(b"another one")),
        (0, b"\x09" + bytes(8) + b"Q043CHLO"),
    ):
        first = opened(whole[0], V1)
        yield b"\x14\0" + pack(">H", len(first)) + first + bytes((control,)) + pack(">H", len(packet)) + packet


def opened(frames: bytes, version: int) -> bytes:
    """Return an Initial packet that is not encrypted, with an empty tag."""
    size = 4 + len(frames) + 16
    return long_header(0, b"12345678", b"", version) + pack(">BHI", 0, 0x4000 | size, 0) + frames + bytes(16)


def dns_messages() -> Iterable[bytes]:
    """Yield queries with their answers, over UDP and TCP, with every kind of record that is read."""
    name = b"\1a\7example\0"
    address, signature = bytes(4), b"\0\1\5\2\0\0\0\x3c\x40\0\0\0" + bytes(20)
    kinds = {
        1: address,
        2: b"\xc0\x0c",
        6: bytes(22),
        28: bytes(16),
        43: address,
        46: signature,
        48: address,
        50: address,
    }
    records = [b"\xc0\x0c" + pack(">HHIH", kind, 1, 60, len(data)) + data for kind, data in kinds.items()]
    opt = b"\0\0\x29\4\xd0\1\0\x80\0\0\6\0\x0f\0\2\0\6"
    for kind in (1, 16, 252, 65280):
        for flags in (0x8180, 0x8380, 0x8192, 0xA800):
            query = pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 1) + name + pack(">HH", kind, 1) + opt
            for record in records:
                answer = pack(">HHHHHH", 7, flags, 1, 1, 0, 1) + name + pack(">HH", kind, 1) + record + opt
                for port in range(3):
                    yield b"\0" + bytes([port, len(query)]) + query + bytes([port | 4, len(answer)]) + answer
                framed = [pack(">H", len(message)) + message for message in (query, answer)]
                yield b"\0" + bytes([8, len(framed[0])]) + framed[0] + bytes([12, len(framed[1])]) + framed[1]


def handshakes() -> Iterable[bytes]:
    """Yield handshakes: a ClientHello, a ServerHello, a certificate, and what follows them."""
    hello = bytes.fromhex("0303") + bytes(32) + bytes.fromhex("00 0004 1301c02f 0100 0019")
    hello += bytes.fromhex("0000 0006 0004 00 0001 61  002b 0003 02 0304  0010 0005 0003 02 6832")
    answer = bytes.fromhex("0303") + bytes(32) + bytes.fromhex("00 1301 00 0006 002b 0002 0304")
    owner = bytes.fromhex("300c 310a 3008 0603550403 0c0161")
    times = bytes.fromhex("301e 170d") + b"260101000000Z" + bytes.fromhex("170d") + b"270101000000Z"
    names = bytes.fromhex("a311 300f 300d 0603551d11 0406 3004 8202 612e")
    body = bytes.fromhex("020107 3000") + owner + times + owner + bytes.fromhex("3000") + names
    certificate = bytes.fromhex("3081") + bytes([len(body) + 3]) + bytes.fromhex("3081") + bytes([len(body)]) + body
    for choice in (20, 21, 22, 23):
        pieces = ((8, hello), (13, answer), (17, certificate), (0x54, b"\x01"), (0xF4, bytes(53)), (0xB5, b"\x02\x28"))
        yield bytes([choice]) + b"".join(bytes([control, 0, len(piece)]) + piece for control, piece in pieces)


def decryption() -> Iterable[bytes]:
    """Yield connections of TLS 1.3 and 1.2: hellos, a request and its response inside, a Finished, a change of keys."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    extensions, finished, update = b"\x08\0\0\2\0\0\x16", b"\x14\0\0\0\x16", b"\x18\0\0\1\0\x16"
    new = ((5, b""), (0x15, extensions), (0x15, finished), (0x14, finished), (0x14, request + b"\x17"), (0x14, update))
    old = ((0x85, b""), (8, b""), (9, b""), (0x14, request), (0x15, response), (0x10, b""), (9, b""))
    for choice, talk in (
        (0x3E, (*new, (0x15, response + b"\x17"))),
        (0x40, (*new, (0xF0, b""))),
        (0x11, old),
        (0x51, old),
    ):
        for limits in (16, 17, 20):
            pieces = (bytes([control, 0, len(piece)]) + piece for control, piece in talk)
            yield bytes([limits, choice]) + b"".join(pieces)


def content_codings() -> Iterable[bytes]:
    """Yield bodies with each coding; the first byte chooses how the target reads them."""
    text = b"to be or not to be"
    brotli = bytes.fromhex("1b130000a4b0b2ea8147028a")
    zstd = b"(\xb5/\xfd\x04\x00\x19\x00\x00abc"
    for choice, body in enumerate(
        (gzip.compress(text, mtime=0), zlib.compress(text), brotli, zstd, gzip.compress(gzip.compress(text)), brotli)
    ):
        yield bytes([choice]) + body


SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "frames": frame_seeds,
    "streams": talk_seeds,
    "files": pieces,
    "bodies": bodies,
    "http2": http2,
    "header_blocks": header_blocks,
    "quic": quic_talks,
    "dns": dns_messages,
    "handshakes": handshakes,
    "decryption": decryption,
    "codings": content_codings,
}


if __name__ == "__main__":
    sys.exit(main())
