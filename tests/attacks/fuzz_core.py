"""Fuzzes the crate `wire` with cargo-fuzz, `--seconds` per target, with the seeds used for both decoders.

Without cargo-fuzz it prints one line. Failing inputs are saved in `--findings`. The exit status is 1 if anything
failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
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


def quic_talks() -> Iterable[bytes]:
    """Yield datagrams of a connection: not encrypted, in one or more pieces, with all kinds of packets."""
    hello = client_hello(b"a.example")
    whole, halves = [crypto(0, hello)], [crypto(30, hello[30:]), crypto(0, hello[:30])]
    for version in (V1, V2, int.from_bytes(b"Q050", "big")):
        for frames in (whole, halves):
            parts = [opened(content, version) for content in frames]
            talk = [(0, part) for part in parts] + [(1, handshake(b"servers!", version)), (16, short(b"servers!"))]
            yield b"\0" + b"".join(bytes((control,)) + pack(">H", len(part)) + part for control, part in talk)
    for control, packet in (
        (1, negotiation(V1, V2)),
        (1, retry(b"another one")),
        (0, b"\x09" + bytes(8) + b"Q043CHLO"),
    ):
        first = opened(whole[0], V1)
        yield b"\4\0" + pack(">H", len(first)) + first + bytes((control,)) + pack(">H", len(packet)) + packet


def opened(frames: bytes, version: int) -> bytes:
    """Return an Initial packet that is not encrypted, with an empty tag."""
    size = 4 + len(frames) + 16
    return long_header(0, b"12345678", b"", version) + pack(">BHI", 0, 0x4000 | size, 0) + frames + bytes(16)


SEEDS: dict[str, Callable[[], Iterable[bytes]]] = {
    "frames": frame_seeds,
    "streams": talk_seeds,
    "files": pieces,
    "bodies": bodies,
    "http2": http2,
    "header_blocks": header_blocks,
    "quic": quic_talks,
}


if __name__ == "__main__":
    sys.exit(main())
