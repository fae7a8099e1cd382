"""Secrets and keys are not left in memory: another process looks for them in that of a decoder."""

import hmac
import os
import pickle
import re
import subprocess
import sys
from hashlib import sha384
from pathlib import Path
from struct import pack

import pytest
from decoders import MAKERS
from tls_peers import TlsTalk
from wire import get, ok

pytestmark = [
    pytest.mark.skipif("core" not in MAKERS, reason="the core is not built: make fast"),
    pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc"),
]
DECODE = """
import pickle, sys
from http_monitor_core import Decoder
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.protocols import PROTOCOLS
keys, parts = pickle.loads(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))
decoder = Decoder(b"\\1" * 2**16, Limits(), None, None, PROTOCOLS, True)
decoder.add_secrets(keys)
for part in parts:
    decoder.feed(Frames.of(part))
    print(decoder.health.exchanges, flush=True)
    sys.stdin.buffer.readline()
"""


def expanded(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label without a context (RFC 8446 section 7.1), for one block of SHA-384."""
    labelled = b"tls13 " + label
    return hmac.digest(secret, pack(">HB", size, len(labelled)) + labelled + b"\0\1", sha384)[:size]


def memory(process: int) -> bytes:
    """Return everything that a process can write to."""
    parts = []
    with open(f"/proc/{process}/mem", "rb", buffering=0) as mem:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line):
                start, end = (int(number, 16) for number in found.groups())
                try:
                    os.lseek(mem.fileno(), start, os.SEEK_SET)
                    parts.append(mem.read(end - start) or b"")
                except (OSError, OverflowError):
                    continue  # not readable, such as [vvar]
    return b"\n".join(parts)


def test_secrets_and_keys_are_wiped_when_their_connection_ends(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path)
    talk.client(get("/1")).server(ok())
    middle = len(talk.segments)
    talk.client(get("/2")).server(ok()).close()
    secrets = [bytes.fromhex(line.split()[2].decode()) for line in talk.keys.splitlines() if b"TRAFFIC" in line]
    traffic = [bytes.fromhex(line.split()[2].decode()) for line in talk.keys.splitlines() if b"_SECRET_0" in line]
    keys = [expanded(secret, label, size) for secret in traffic for label, size in ((b"key", 32), (b"iv", 12))]
    assert (len(secrets), len(keys)) == (4, 4)
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), os.getcwd())))
    work = pickle.dumps((talk.keys, [talk.frames[:middle], talk.frames[middle:]]))
    with subprocess.Popen(
        [sys.executable, "-c", DECODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"%d\n" % len(work) + work)
        child.stdin.flush()
        assert child.stdout.readline() == b"1\n"
        try:
            during = memory(child.pid)
        except PermissionError:
            child.kill()
            pytest.skip("the memory of another process cannot be read")
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"2\n"
        after = memory(child.pid)
    assert all(one in during for one in traffic)  # so it would be found
    assert sum(one in during for one in keys) >= 2
    assert [one.hex() for one in (*secrets, *keys) if one in after] == []
