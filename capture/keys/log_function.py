"""Finds the function of a TLS library that logs secrets.

In OpenSSL and BoringSSL it is `ssl_log_secret(connection, label, secret, length)`, in Go `(*Config).writeKeyLog(label,
random, secret)`. It is called with each new secret, whether a key log is written or not. It has no symbol in most
files, but labels that no other function takes: it is what is called after each of them was loaded. The file is only
read, so it may be hostile, and may belong to a container with another C library.

Probes are put on the calls, not on the function: the kernel emulates calls, but most other instructions take it two
more exceptions, which are dear in virtual machines.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from capture.keys.elf import Elf, NotElfError, Segment
from capture.keys.machine_code import HERE, Layout, Machine

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


class Family(NamedTuple):
    """Libraries that pass arguments alike."""

    name: str
    mark: bytes
    """What all their files have."""
    end: bytes
    """What follows a label."""
    typical: tuple[str, ...]
    """Labels that are loaded right before the call, in all of them."""
    layout: Layout | None
    """Where the client random is from what the function gets; None if its code tells."""
    own: int
    """Bytes of the function in which a jump to its start is its own, after its stack has grown."""


C: Final = Family("c", b"\0CLIENT_RANDOM\0", b"\0", ("CLIENT_RANDOM", "EXPORTER_SECRET"), None, 0)
_GO_LABELS: Final = ("CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0")
GO: Final = Family("go", b"\xff Go buildinf:", b"", _GO_LABELS, HERE, 1024)
FAMILIES: Final = (C, GO)


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
    family: str


def find(image: bytes, machine: Machine) -> LogFunction | None:
    """Return the function in the bytes of a file; None if there is none, or if the layout of connections is unknown."""
    try:
        elf = Elf(image)
    except NotElfError:
        return None
    if elf.machine != machine.elf_number:
        return None
    found = [function for family in FAMILIES if family.mark in image for function in _found(elf, machine, family)]
    return found[0] if len(found) == 1 else None


def _found(elf: Elf, machine: Machine, family: Family) -> Iterator[LogFunction]:
    labels = dict(_labels(elf, family.end))
    for segment in elf.code:
        yield from _functions(elf, machine, family, segment, labels)


def _labels(elf: Elf, end: bytes) -> Iterator[tuple[int, str]]:
    """Yield the addresses at which there is a label."""
    for label in sorted(WANTED | _OTHERS):
        offset = -1
        for _ in range(_MOST_PLACES):
            offset = elf.image.find(label.encode() + end, offset + 1)
            if offset < 0:
                break
            if (address := elf.address(offset)) is not None:
                yield address, label


def _functions(
    elf: Elf, machine: Machine, family: Family, segment: Segment, labels: Mapping[int, str]
) -> Iterator[LogFunction]:
    """Yield the functions in the segment that are called with the typical labels, and have the client random."""
    code = memoryview(elf.image)[segment.offset : segment.offset + segment.size]
    loaded = [*islice(machine.references(code, segment.address, labels.keys()), _MOST_LOADED)]
    called: dict[str, set[int]] = {label: set() for label in family.typical}
    for target, end in loaded:
        if labels[target] in called:
            called[labels[target]].update(machine.called_after(code, end))
    for function in (index for index in sorted(set.intersection(*called.values())) if index >= 0):
        layout = family.layout or machine.layout(code[function : function + _FUNCTION_SIZE])
        if layout is not None:
            callers = sorted({*islice(machine.callers(code, function), 2 * _MOST_CALLS)})
            calls = [index for index in callers if not function <= index < function + family.own]
            places = _places(calls, function, [end for _, end in loaded])
            yield LogFunction(tuple(_call(segment, place, labels) for place in places), layout, family.name)


def _places(calls: Sequence[int], function: int, loaded: Sequence[int]) -> Sequence[int]:
    """Return the calls of the function, or the function if any call is in doubt: a breakpoint that is not at the start
    of an instruction would break the program.
    """
    certain = (any(abs(call - end) < _NEAR for end in loaded) for call in calls)
    return calls if 0 < len(calls) <= _MOST_CALLS and all(certain) else [function]


def _call(segment: Segment, index: int, labels: Mapping[int, str]) -> Call:
    distances = {address - segment.address - index: label for address, label in labels.items()}
    return Call(segment.offset + index, distances)
