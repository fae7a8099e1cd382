"""Fetches the secrets of TLS handshakes from the memory of the programs that make them, by eBPF.

A probe in the function with which a TLS library logs secrets copies each secret: the program pays once per handshake,
and nothing per request. The probe never sees what is sent. The programs go on unchanged, and need not be restarted.
"""

import mmap
import os
import platform
import struct
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from itertools import chain
from pathlib import Path
from typing import Final

from capture.keys.libbpf import BpfObject, BpfUnavailable, RingBuffer
from capture.keys.log_function import FAMILIES, WANTED
from capture.keys.machine_code import MACHINES
from capture.keys.probes import Probes, program
from traffic.text import printable

SEARCH_TIME: Final = 30.0
"""Maximum seconds of a search for TLS libraries."""
RING_SIZE: Final = 2**22
"""Size of the buffer for secrets that were not read yet: 34,000, of some 4,000 handshakes of both sides."""
LOOK: Final = 10.0
"""Seconds between two searches."""
MOST_SECRETS: Final = 4096
"""Maximum secrets of a read."""
OBJECT: Final = Path(__file__).with_name("secrets.bpf.o")
_SECRET: Final = struct.Struct("<qII32s64s")
"""Distance of the label, number of the probe, length of the secret, client random, secret."""
SIZES: Final = (32, 48)
"""Of a secret, in bytes."""
_COUNT: Final = struct.Struct("<Q")
MOST_NAMES: Final = 3
"""Maximum files that a warning names."""
LONGEST_NAME: Final = 64


class EbpfKeys:
    """The secrets of all handshakes that OpenSSL, BoringSSL and Go make on this machine from now on.

    Files that no program uses yet are found later only if this process keeps its rights.
    """

    def __init__(self, ring_size: int = RING_SIZE) -> None:
        """Find the TLS libraries, and probe them. It needs root. `ring_size` is in bytes, a power of two.

        Raises:
            BpfUnavailable: it does not work here.
        """
        self._unknown = self._lost_number = 0
        self._watch: threading.Thread | None = None
        self._is_closed = threading.Event()
        machine = _machine()
        with ExitStack() as stack:
            self._bpf = BpfObject(OBJECT)
            stack.callback(self._bpf.close)
            self._load(machine, ring_size)
            self._ring = RingBuffer(self._bpf.map_file("secrets"), MOST_SECRETS)
            stack.callback(self._ring.close)
            self._lost = mmap.mmap(self._bpf.map_file("lost"), mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ)
            stack.callback(self._lost.close)
            self._probes = Probes(self._bpf, machine)
            self._probes.search(SEARCH_TIME)
            self._require_probes()
            self._opened = stack.pop_all()

    @property
    def warning(self) -> str:
        """What is missing, as one line; empty if nothing is."""
        return "; ".join(self._complaints())

    def read(self) -> bytes:
        """Return the secrets since the last call in the NSS key log format; empty if there are none."""
        if self._watch is None and os.geteuid() == 0 and not self._is_closed.is_set():
            self._watch = threading.Thread(target=self._watching, name="TLS libraries", daemon=True)
            self._watch.start()
        return b"".join(map(self._line, self._ring.read()))

    def close(self) -> None:
        """Remove the probes. Closing it twice is harmless, and the warning stays."""
        self._is_closed.set()
        if self._watch is not None:
            self._watch.join()
        self._lost_so_far()
        self._opened.close()

    def _load(self, machine: str, ring_size: int) -> None:
        all_programs = {name: [program(family.name, name) for family in FAMILIES] for name in MACHINES}
        self._bpf.choose(all_programs[machine], [*chain(*all_programs.values())])
        self._bpf.resize("secrets", ring_size)
        self._bpf.load()

    def _require_probes(self) -> None:
        if not self._probes.names:
            raise BpfUnavailable(
                f"found no TLS library to fetch keys from{_named(' but ', self._probes.refused)}; "
                "OpenSSL 1.1.1 or later must be installed, or a program with OpenSSL, BoringSSL or Go running"
            )

    def _watching(self) -> None:
        """Look for new files now and then: started programs, containers, updates. Without rights, stop."""
        with suppress(OSError):
            while not self._is_closed.wait(LOOK):
                self._probes.search(SEARCH_TIME)

    def _line(self, event: bytes) -> bytes:
        """Return the line of a secret; empty if it decrypts no traffic."""
        distance, number, length, random, secret = _SECRET.unpack(event)
        label = self._probes.label(number, distance)
        if label is None or length not in SIZES:
            self._unknown += 1
            return b""
        return line(label, random, secret[:length]) if label in WANTED else b""

    def _lost_so_far(self) -> int:
        """Secrets for which there was no room, or which could not be copied."""
        if not self._lost.closed:
            (self._lost_number,) = _COUNT.unpack_from(self._lost)
        return self._lost_number

    def _complaints(self) -> Iterator[str]:
        if lost := self._lost_so_far():
            yield f"{lost:,} TLS secrets lost"
        if self._unknown:
            yield f"{self._unknown:,} TLS secrets not understood"
        if self._probes.refused:
            yield f"no keys by eBPF{_named(' from ', self._probes.refused)}: TLS library not supported"
        if self._probes.unread:
            yield f"no keys by eBPF{_named(' from ', self._probes.unread)}: on a filesystem of a user (FUSE)"
        if not self._probes.is_complete:
            yield "not all programs were searched for TLS libraries"


def line(label: str, random: bytes, secret: bytes) -> bytes:
    """Return a line of a key log (draft-ietf-tls-keylogfile section 2)."""
    return f"{label} {random.hex()} {secret.hex()}\n".encode()


def _named(before: str, names: Collection[str]) -> str:
    """Return the first names with this text before them; empty if there are none."""
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return before + ", ".join(printable(os.fsencode(name), LONGEST_NAME) for name in sorted(names)[:MOST_NAMES]) + more


def _machine() -> str:
    machine = platform.machine()
    if not sys.platform.startswith("linux"):
        raise BpfUnavailable("keys by eBPF need Linux; use a key log: --keys FILE")
    if machine not in MACHINES or struct.calcsize("P") != 8:
        raise BpfUnavailable(f"keys by eBPF need a 64-bit processor of x86 or ARM, not {machine}; use --keys FILE")
    return machine
