"""The decoder in Rust, as Python sees it: frames in, batches of records out.

The contract of the module `http_monitor_core`, which `make fast` or `pip install ./core` builds. Its decoder has the
same door as `traffic.decoder.Decoder`, and gives the same records in the same order, the same health and the same
oddities; `tests/attacks/test_differential.py` holds them together. Everything is decided in the crate `wire`; the crate
`http-monitor-core` converts types, and releases the GIL while frames are decoded.

    decoder = Decoder(ports, Limits())
    decoder.feed(frames)        # as often as there are frames
    decoder.advance(now)        # when there are none
    decoder.finish()            # at the end
    batch = decoder.take()      # what became complete since the last time

A decoder may be used by two threads, one that feeds and one that takes: each call waits for the other's.
"""

from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from traffic.batch import Texts
from traffic.frames import Frames
from traffic.health import Health
from traffic.limits import Limits

Fault = tuple[str, float, int, bytes]
"""What a fault of the core said, and the frame at which it came: capture time, link type, bytes."""

FrameIndex = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int, int | None]
"""Frames in a buffer, column by column: capture times in seconds since the epoch, indexes of the first byte and behind
the last one, lengths on the wire in bytes. Then the index of the first record that is not whole, and the bytes that it
claims where no sane file has so many."""

@final
class Decoder:
    """Decodes the HTTP traffic of the TCP ports that are listened on. Time is the packets' time."""

    def __new__(
        cls,
        ports: bytes,
        limits: Limits,
        inner_ip: Callable[[int, bytes], bytes | None] | None = None,
        wanted: frozenset[type] | None = None,
    ) -> Decoder:
        """`ports` has a byte for each port number, other than 0 where it is listened on.

        `inner_ip` finds the IP packet in frames of link types, given by their number, that are not known here. `wanted`
        are the kinds of records that are given out beside requests and exchanges, of `traffic.records.OPTIONAL`.
        """

    def feed(self, frames: Frames) -> None:
        """Take frames in the order of their capture; `frames.buffer` is not copied, and the GIL is released.

        Columns may be arrays (float64 and int64), which is quick, or any sequences; `links` may be one number for all.
        """

    def advance(self, now: float) -> None:
        """No frame came until `now`, in seconds since the epoch: what time-outs make becomes complete."""

    def finish(self) -> None:
        """The capture is over: all that was under way becomes complete."""

    def take(self) -> Batch:
        """The records that became complete since the last time; none waits then."""

    @property
    def waiting(self) -> int:
        """Records that wait to be taken; `Limits.waiting_records` bounds them, and `Health.lost` counts the rest."""

    @property
    def waiting_characters(self) -> int:
        """Characters of their texts, likewise bounded."""

    @property
    def held(self) -> int:
        """Bytes that are held now: waiting segments and fragments, heads, waiting requests."""

    @property
    def health(self) -> Health:
        """What was counted until now: a value of the caller's own."""

    def faults(self) -> list[Fault]:
        """Faults of the core itself since the last time, at most eight. Each cost its connection, and no other."""

@final
class Batch:
    """Records of all kinds: a `traffic.batch.Batch`. To be used by one thread."""

    def __len__(self) -> int:
        """Number of records."""

    def table(self, kind: type) -> Table:
        """The records of one kind of `traffic.records`; an empty table for any other class."""

    def records(self) -> list[Any]:
        """All records, in the order in which they were given out. They are made here, about 1 us each."""

@final
class Table:
    """The records of one kind: a `traffic.batch.Table`. Columns are made when they are first asked for, and kept."""

    def __len__(self) -> int:
        """Number of rows."""

    def texts(self, name: str) -> Texts:
        """A column of texts: int32 codes, and what they stand for. Codes are of this batch alone.

        Raises:
            KeyError: there is no such column.
        """

    def numbers(self, name: str) -> NDArray[Any]:
        """A column of whole numbers (int64) or of seconds (float64).

        Raises:
            KeyError: there is no such column.
        """

    def records(self) -> list[Any]:
        """A record for each row."""

def pcap_frames(
    buffer: bytes, position: int, *, little_endian: bool, nanoseconds: bool, header: int, longest: int
) -> FrameIndex:
    """The whole records of a pcap file (draft-ietf-opsawg-pcap) in `buffer`, from index `position` on.

    A record's header has `header` bytes; a record of more than `longest` is no record.
    """

def pcapng_frames(
    buffer: bytes, position: int, *, little_endian: bool, interfaces: list[tuple[int, int, int]]
) -> tuple[FrameIndex, NDArray[np.int64]]:
    """The enhanced packet blocks of a pcapng file in `buffer`, from index `position` on, and their link types.

    It ends before a block of another kind, or one that is not right. Of each interface `interfaces` has the link type,
    ticks per second (at most 2^53) and seconds to add.
    """

def ring_frames(block: NDArray[np.uint8], *, cooked: bool) -> tuple[bytes, FrameIndex]:
    """A copy of a block of a TPACKET_V3 ring (linux/if_packet.h), and its frames in there. `block` may be the kernel's.

    VLAN tags that the kernel took out are put back, and frames of a `cooked` socket get a header of LINKTYPE_LINUX_SLL2
    made of their address: both in the copy, in the place of what the kernel says before the frame. A block ends before
    a record that is not right.
    """
