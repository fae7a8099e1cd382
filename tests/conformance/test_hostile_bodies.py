"""Bodies made to exhaust inspectors cost their budget and no more: the others are inspected, and it is said."""

import gzip
import json
import re
import resource
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from struct import pack
from typing import Final

import pytest
from all_detectors import missing, ran
from attack_scenes import KEY
from everyday import answered, asked, visit

from capture.core import CORE, how_to_inspect
from capture.writer import PcapWriter

pytestmark = [
    pytest.mark.skipif(CORE is None, reason="the core is not built: make fast"),
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
]

LEVELS: Final = 10**6
MANY: Final = 10**5
BUDGET: Final = 0.05
"""Seconds of CPU for an exchange (`inspection_budget`)."""
STARTING: Final = 8.0
"""Seconds of CPU for everything else on a slow machine: the program itself, and loading the rules."""
LARGE: Final = 2 * 2**20
"""Bytes of a body that inspectors see, so that they see all of these."""
BROTLI: Final = bytes.fromhex(
    "cfffff7ff82700e2b14020f7fe9ffffffff04f00c4610180eefd3fffffffe19f0088c32200ddfb7ffeffffc33f0110870500baf7ff03"
)
"""64 MiB of zeros in brotli (RFC 7932)."""


def zstd_bomb() -> bytes:
    """Return 1 GiB of zeros in zstd: blocks that repeat a byte (RFC 8878 section 3.1.1.2)."""
    blocks, size = 8192, 2**17
    each = [pack("<I", size << 3 | 1 << 1 | (number == blocks - 1))[:3] + b"\0" for number in range(blocks)]
    return b"\x28\xb5\x2f\xfd\x00\x38" + b"".join(each)


def gzip_bomb() -> bytes:
    """Return 256 MiB of zeros in gzip (RFC 1952)."""
    made = zlib.compressobj(9, wbits=31)
    return b"".join([*(made.compress(bytes(2**20)) for _ in range(256)), made.flush()])


def nested_parts() -> bytes:
    """Return parts in each other, each with a boundary of its own."""
    head = b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n'
    return b"".join(head % (number, number + 1) for number in range(30_000))


def posted(kind: str, body: bytes) -> tuple[bytes, bytes]:
    """Return a request with this body, and an answer."""
    head = asked("/hostile", method="POST").removesuffix(b"\r\n\r\n")
    return head + f"\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body, answered()


def sent(coding: str, body: bytes) -> tuple[bytes, bytes]:
    """Return a request, and an answer with this body in a content coding."""
    return asked("/hostile"), answered(body, f"Content-Encoding: {coding}")


FORM: Final = "application/x-www-form-urlencoded"
PART: Final = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
ENTITIES: Final = b"".join(b'<!ENTITY e%d "%b">' % (n + 1, b"&e%d;" % n * 10) for n in range(20))
BODIES: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "gzip": sent("gzip", gzip_bomb()),
    "gzip in gzip": sent("gzip, gzip", gzip.compress(gzip_bomb())),
    "br": sent("br", BROTLI),
    "zstd": sent("zstd", zstd_bomb()),
    "lists in JSON": posted("application/json", b"[" * LEVELS),
    "objects in JSON": posted("application/json", b'{"a":' * (LEVELS // 4)),
    "elements in XML": posted("text/xml", b"<a>" * (LEVELS // 2)),
    "entities in XML": posted("text/xml", b"<!DOCTYPE a [<!ENTITY e0 'x'>" + ENTITIES + b"]><a>&e20;</a>"),
    "parts in parts": posted("multipart/form-data; boundary=b0", nested_parts()),
    "many parts": posted("multipart/form-data; boundary=b", PART * 30_000),
    "parameters": posted(FORM, b"a=1&" * MANY),
    "different parameters": posted(FORM, b"".join(b"a%d=1&" % number for number in range(MANY))),
    "header fields": (asked("/hostile", *(f"X-{number}: 1" for number in range(MANY))), answered()),
    # What matchers with backtracking take longest for: runs that nearly match, in one parameter.
    "a run of letters": posted(FORM, b"q=" + b"a" * LEVELS + b"!"),
    "a run of spaces": posted(FORM, b"q=" + b"+" * LEVELS + b"x"),
    "a run of quotes": posted(FORM, b"q=" + b"%27%22" * (LEVELS // 8)),
    "comments of SQL": posted(FORM, b"q=" + b"/**/union/*" * (LEVELS // 12)),
    "words of SQL": posted(FORM, b"q=" + b"select+from+" * (LEVELS // 12)),
    "tags": posted(FORM, b"q=" + b"%3Ca+b%3D" * (LEVELS // 9)),
    "parentheses": posted(FORM, b"q=" + b"$(((" * (LEVELS // 4)),
    "paths": posted(FORM, b"q=" + b"../" * (LEVELS // 3)),
    "a run of digits": posted("text/plain", b"4111 " * (LEVELS // 5)),
    "beginnings of keys": posted("text/plain", b"-----BEGIN RSA PRIVATE KEY-----\n" * (LEVELS // 32)),
    "beginnings of tokens": posted("text/plain", b"eyJhbGciOi." * (LEVELS // 11)),
}  # fmt: skip


def written(bodies: Iterable[tuple[bytes, bytes]], folder: Path) -> str:
    """Write a capture with these exchanges, and after each a leak that must be found."""
    frames = []
    for number, (request, response) in enumerate(bodies):
        frames += visit(10.0 * number, f"203.0.113.{number}", request, response)
        leak = answered(KEY, kind="text/plain")
        frames += visit(10.0 * number + 5, f"198.51.100.{number}", asked(f"/leak/{number}"), leak)
    writer = PcapWriter(str(folder / "capture.pcap"))
    writer.write(sorted(frames, key=lambda frame: frame.time))
    writer.close()
    return str(folder / "capture.pcap")


def leaked(log: str) -> list[str]:
    """Return the paths of the leaks that were found."""
    lines = map(json.loads, log.splitlines())
    return [line["url.path"] for line in lines if line["rule.ruleset"] == "data_leak"]


def limited(**limits: float) -> list[str]:
    return [f"--set={name}={limit}" for name, limit in limits.items()]


def seconds() -> float:
    """Return the CPU time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("with_waf", [False, True], ids=["without rules", "with rules"])
def test_they_cost_their_budget_and_the_others_are_inspected(with_waf: bool, tmp_path: Path) -> None:
    if with_waf and (reason := missing("waf")):
        pytest.skip(reason)
    before = seconds()
    limits = limited(
        max_inspected_body=LARGE, inspection_budget=1000 * BUDGET, max_headers=MANY, max_header_bytes=LARGE
    )
    ended = ran(["-r", written(BODIES.values(), tmp_path), *limits], tmp_path, with_waf=with_waf)
    assert ended.returncode == 0
    assert leaked(ended.stdout) == [f"/leak/{number}" for number in range(len(BODIES))]
    missed = re.search(r"Missed +(\d+) exchanges? not inspected \((\d+) over budget\)\n", ended.stderr)
    assert missed is not None, ended.stderr
    assert 0 < int(missed[1]) == int(missed[2]) <= len(BODIES)
    assert seconds() - before < STARTING + len(BODIES) * BUDGET


def test_what_takes_the_memory_of_a_process_ends_it_and_it_is_said(tmp_path: Path) -> None:
    bombs = [BODIES[name] for name in ("gzip", "br", "zstd")]
    limits = limited(max_inspected_body=2**24, inspection_memory=16, inspection_budget=10_000)
    ended = ran(["-r", written(bombs, tmp_path), *limits], tmp_path, with_waf=False)
    assert leaked(ended.stdout) == ["/leak/0", "/leak/1", "/leak/2"]
    assert "3 exchanges not inspected (3 process died)" in " ".join(ended.stderr.split())
    # The core cannot do without memory, so it aborts; Python says what is missing.
    how = r"an inspector process (ran out of memory|died \(signal 6\)) and was replaced \(3 times\)\n"
    assert re.search(how, ended.stderr)
