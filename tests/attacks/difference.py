"""Runs both decoders on the same frames and describes the first difference.

difference([frames, 1005.0, TAKE, more_frames], limits, wanted)     # None if there is no difference
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from traffic.batch import FLOATS, INTEGERS, TEXTS, Batch, Table
from traffic.content import Content
from traffic.decoder import Decoder
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.network import InnerIp
from traffic.records import OPTIONAL, Strain

HAS_CORE: Final = find_spec("http_monitor_core") is not None
WHY_NOT: Final = "the core is not built: make fast"
TAKE: Final = None
"""A step that takes the waiting records."""
ALL_PORTS: Final = bytes([1]) * 2**16
BOTH: Final = OPTIONAL - {Strain}
"""Optional records of which both decoders emit the same, without further protocols."""

Step = Frames | float | None
"""Frames to feed, a time to advance to, or TAKE."""


class DifferError(AssertionError):
    """The decoders differ."""


def compare(
    steps: Iterable[Step],
    limits: Limits | None = None,
    wanted: frozenset[type] = BOTH,
    ports: bytes = ALL_PORTS,
    inner_ip: InnerIp | None = None,
) -> int:
    """Run each step with both decoders, and finish; return the number of records.

    Raises:
        DifferError: They differ after a step.
    """
    bounds = limits or Limits()
    reference = Decoder(_Ports(ports), bounds, inner_ip, wanted)
    core = import_module("http_monitor_core").Decoder(ports, bounds, inner_ip, wanted - {Content})
    count = 0
    for number, step in enumerate(_to_the_end(steps)):
        ours, its = (_taken(decoder, step) for decoder in (reference, core))
        found = difference(reference, core) or (between(ours, its) if ours is not None and its is not None else None)
        if found:
            raise DifferError(f"after step {number}, {found}")
        count += 0 if ours is None else len(ours)
    return count


def steps_of(frames: Iterable[Frame], size: int = 1024) -> Iterator[Step]:
    """Yield frames in batches of this size, each followed by TAKE."""
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield Frames.of(batch)
            yield TAKE
            batch.clear()
    yield Frames.of(batch)


class _Ports:
    """The ports whose byte is not 0."""

    def __init__(self, flags: bytes) -> None:
        self._flags = flags

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self._flags[port] != 0


_FINISH: Final = "finish"


def _to_the_end(steps: Iterable[Step]) -> Iterator[Step | str]:
    yield from steps
    yield _FINISH
    yield TAKE


def _taken(decoder: Any, step: Step | str) -> Batch | None:
    """Run a step; return the batch if the step takes one."""
    if step is TAKE:
        batch: Batch = decoder.take()
        return batch
    if isinstance(step, Frames):
        decoder.feed(step)
    elif isinstance(step, str):
        decoder.finish()
    else:
        decoder.advance(step)
    return None


def difference(reference: Any, core: Any) -> str | None:
    """Describe a difference in their counters or buffers; None if there is none."""
    ours, its = vars(reference.health), vars(core.health)
    for name, value in ours.items():
        if value != its[name]:
            return f"{name} is {value!r}, of the core {its[name]!r}"
    for name in ("waiting", "held"):
        if getattr(reference, name) != getattr(core, name):
            return f"{name} is {getattr(reference, name)}, of the core {getattr(core, name)}"
    faults = core.faults()
    return f"the core says {faults[0]}" if faults else None


def between(reference: Batch, core: Batch) -> str | None:
    """Describe the first different record or column of two batches; None if there is none."""
    ours, its = reference.records(), core.records()
    for number, (one, other) in enumerate(zip(ours, its, strict=False)):
        if type(one) is not type(other) or one != other:
            return f"record {number} is {one}, of the core {other}"
    if not len(reference) == len(core) == len(ours) == len(its):
        return f"there are {len(ours)} records, of the core {len(its)}, which says {len(core)}"
    found = (between_tables(kind, reference.table(kind), core.table(kind)) for kind in {*map(type, ours)})
    return next(filter(None, found), None)


def between_tables(kind: type, reference: Table, core: Table) -> str | None:
    """Describe the first different column of two tables; None if there is none."""
    if reference.records() != core.records() or len(reference) != len(core):
        return f"the table of {kind.__name__} has other records"
    for name in TEXTS.get(kind, ()):
        ours, its = _texts(reference, name), _texts(core, name)
        if ours != its:
            return f"column {name} of {kind.__name__} is {ours}, of the core {its}"
    for name, sort in [
        *((name, np.int64) for name in INTEGERS.get(kind, ())),
        *((name, np.float64) for name in FLOATS[kind]),
    ]:
        one, other = reference.numbers(name), core.numbers(name)
        if other.dtype != sort or not np.array_equal(one, other, equal_nan=sort is np.float64):
            return f"column {name} of {kind.__name__} is {one}, of the core {other}"
    return None


def _texts(table: Table, name: str) -> list[str | None]:
    """Return the column of texts without codes."""
    codes, values = table.texts(name)
    assert codes.dtype == np.int32
    return [None if code < 0 else values[code] for code in codes.tolist()]
