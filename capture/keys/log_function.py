"""Finds the function of a TLS library that logs secrets: `ssl_log_secret(connection, label, secret, length)`.

OpenSSL and BoringSSL call it with each new secret, whether a key log is written or not. It has no symbol in most files,
but two labels that no other function takes: it is what is called after each of them was loaded. The file is only read,
so it may be hostile, and may belong to a container with another C library.

Probes are put on the calls, not on the function: the kernel emulates calls, but most other instructions take it two
more exceptions, which are dear in virtual machines.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from capture.keys.elf import Elf, NotElfError, Segment
from capture.keys.machine_code import Code, Layout, Machine

WANTED: Final = frozenset(
    {
        "CLIENT_RANDOM",
        "CLIENT_EARLY_TRAFFIC_SECRET",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    }
)
"""Labels of the secrets that decrypt traffic, in the NSS key log format."""
_OTHERS: Final = frozenset({"EXPORTER_SECRET", "EARLY_EXPORTER_SECRET"})
_BOTH: Final = ("CLIENT_RANDOM", "EXPORTER_SECRET")
"""Labels that stand where they are passed: of TLS 1.2 and of TLS 1.3."""
_FUNCTION_SIZE: Final = 256
"""Bytes of the function in which it reads the client random."""
_NEAR: Final = 4096
"""Bytes within which a true call has a label; without one, its bytes may be parts of other instructions."""
_MOST_PLACES: Final = 4
"""Maximum places of a label, ..."""
_MOST_LOADED: Final = 10_000
"""... of instructions that load one, ..."""
_MOST_CALLS: Final = 64
"""... and of calls; files have one, a dozen and ten."""


class Call(NamedTuple):
    """An instruction at which the arguments of the function are in their registers."""

    offset: int
    """Where it is in the file, in bytes."""
    labels: Mapping[int, str]
    """The label at each distance from it, in bytes."""


class LogFunction(NamedTuple):
    """What is needed to probe the function, and to understand its arguments."""

    calls: tuple[Call, ...]
    layout: Layout


def find(image: bytes, machine: Machine) -> LogFunction | None:
    """Return the function in the bytes of a file; None if there is none, or if the layout of connections is unknown."""
    try:
        elf = Elf(image)
    except NotElfError:
        return None
    if elf.machine != machine.elf_number:
        return None
    labels = dict(_labels(elf))
    found = [function for segment in elf.code for function in _functions(elf, machine, segment, labels)]
    return found[0] if len(found) == 1 else None


def _labels(elf: Elf) -> Iterator[tuple[int, str]]:
    """Yield the addresses at which there is a label."""
    for label in sorted(WANTED | _OTHERS):
        offset = -1
        for _ in range(_MOST_PLACES):
            offset = elf.image.find(label.encode() + b"\0", offset + 1)
            if offset < 0:
                break
            if (address := elf.address(offset)) is not None:
                yield address, label


def _functions(elf: Elf, machine: Machine, segment: Segment, labels: Mapping[int, str]) -> Iterator[LogFunction]:
    """Yield the functions in the segment that are called with both labels, and read the client random."""
    code = memoryview(elf.image)[segment.offset : segment.offset + segment.size]
    loaded = [*islice(machine.references(code, segment.address, labels.keys()), _MOST_LOADED)]
    called: dict[str, set[int]] = {label: set() for label in _BOTH}
    for target, end in loaded:
        if labels[target] in called:
            called[labels[target]].update(machine.called_after(code, end))
    first, second = called.values()
    for function in (index for index in sorted(first & second) if index >= 0):
        layout = machine.layout(code[function : function + _FUNCTION_SIZE])
        if layout is not None:
            places = _places(code, machine, function, [end for _, end in loaded])
            yield LogFunction(tuple(_call(segment, place, labels) for place in places), layout)


def _places(code: Code, machine: Machine, function: int, loaded: Sequence[int]) -> Sequence[int]:
    """Return the calls of the function, or the function if any call is in doubt: a breakpoint that is not at the start
    of an instruction would break the program.
    """
    callers = sorted({*islice(machine.callers(code, function), 2 * _MOST_CALLS)})
    certain = (any(abs(caller - end) < _NEAR for end in loaded) for caller in callers)
    return callers if 0 < len(callers) <= _MOST_CALLS and all(certain) else [function]


def _call(segment: Segment, index: int, labels: Mapping[int, str]) -> Call:
    distances = {address - segment.address - index: label for address, label in labels.items()}
    return Call(segment.offset + index, distances)
