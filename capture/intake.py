"""Reads frames from a source, saves them if asked to, and decodes them, with the keys that arrived before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from capture.core import how_to_read
from capture.dissector import Dissector
from capture.elsewhere import Elsewhere
from capture.errors import CaptureError, NobodyReads
from capture.faults import Fault, report
from capture.keys.keyring import Keyring
from capture.keys.source import NO_KEYS, KeysRead
from capture.owners.source import OwnerSource
from capture.pcapng_writer import FrameWriter
from capture.recent_packets import RecentPackets
from capture.source import Counters, Source
from capture.steady_time import SteadyTime
from traffic.batch import Batch, RecordBatch
from traffic.frames import Frames
from traffic.health import Health

COLUMN: Final = 32_768
"""Records to count at a time; every statistic counts whole columns."""
NO_FRAMES: Final = Frames(b"")
CHARACTERS: Final = 4 * 2**20
"""Characters to count at a time; see `COLUMN`."""


class Decodes(Protocol):
    """A decoder: `traffic.decoder.Decoder`, or that of the core."""

    def feed(self, frames: Frames) -> None:
        """Decode frames, which must be in the order of their capture."""

    def add_secrets(self, lines: bytes) -> None:
        """Take secrets of TLS connections: whole lines of a key log, as programs write it to SSLKEYLOGFILE."""

    def advance(self, now: float) -> None:
        """Report that no frame was captured until `now`."""

    def finish(self, records: int | None = None) -> bool:
        """End the capture: close all connections, and complete their records, until `records` records wait.

        Return whether all are closed. If not, take the records and call it again.
        """

    def take(self) -> Batch:
        """Return the records completed since the last call."""

    @property
    def waiting(self) -> int:
        """Number of records that wait to be taken."""

    @property
    def waiting_characters(self) -> int:
        """Characters of the records that wait to be taken."""

    @property
    def health(self) -> Health:
        """A snapshot of the counters."""

    @property
    def held(self) -> int:
        """Number of buffered bytes."""

    def asked_owners(self, most: int) -> Sequence[tuple[str, int, str, int]]:
        """Return at most so many connections whose owners are to be found; see `capture.owners.source`."""

    def set_owners(self, owners: Sequence[Any], connections: Sequence[Any]) -> None:
        """Learn the owners of connections."""

    def set_listeners(self, owners: Sequence[Any], local: Sequence[Any], listeners: Sequence[Any]) -> None:
        """Learn who listens on this host."""

    def faults(self) -> Sequence[tuple[str, float, int, bytes]]:
        """Return faults of the decoder itself since the last call: message; time, link type and bytes of the frame."""


class Status(NamedTuple):
    """The status of a capture; counts are totals since the start."""

    health: Health
    counters: Counters
    warnings: tuple[str, ...]
    """Sentences for the user."""
    read_at: float = 0.0
    """When the counts were read. Packet time is behind it while the program is too slow. 0 for a file."""
    resumed: float = 0.0
    """A packet time within the latest time in which nobody watched, see `SteadyTime`; 0 if there was none."""
    keys: KeysRead = NO_KEYS
    """The keys of TLS connections that were read."""


class Intake:
    """One source, its decoder, and the other consumers of its frames."""

    def __init__(
        self,
        source: Source,
        decoder: Decodes,
        writer: FrameWriter | None = None,
        dissector: Dissector | None = None,
        packet_limit: int | None = None,
        steady_time: SteadyTime | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """`steady_time` gives packets of a live source their times; `elsewhere` looks for HTTP on other ports until the
        decoder finds some.
        """
        self.source = source
        self._time = steady_time
        self._decoder = decoder
        self._writer = writer
        self._dissector = dissector
        self._left = packet_limit
        self._elsewhere = elsewhere
        self._keyring = Keyring()
        self._owners: OwnerSource | None = None
        self._recent: RecentPackets | None = None
        self.reads_ahead = False
        """Whether the decoder has threads of its own, so that it pays to read ahead of the counting."""
        self.trouble: tuple[str, ...] = ()
        """What failed: writing frames to a file, or the decoder itself."""

    def decrypt_with(self, keyring: Keyring) -> None:
        """Hand on the keys of `keyring`, which is closed with the source."""
        self._keyring = keyring

    def look_up(self, owners: OwnerSource) -> None:
        """From now on, ask `owners` whose connections these are."""
        self._owners = owners

    def keep_in(self, recent: RecentPackets) -> None:
        """Keep the packets from now on in `recent`, too. Reading ahead would push out those before an alert."""
        self._recent = recent
        self.reads_ahead = False

    def read(self) -> Frames | None:
        """Return the next frames, like `Source.read`; None also after the requested number of frames."""
        if self._left == 0:
            return None
        frames = self.source.read()
        if self._time is not None and frames is not None:
            self._time.look()
            frames = self._time.in_packet_time(frames)
        if frames and self._left is not None:
            frames = frames.part(0, self._left)
            self._left -= len(frames)
        return frames

    def rest(self) -> Iterator[Frames]:
        """End a source that ends by itself, and yield the frames until then; nothing of other sources."""
        rest: Callable[[], Iterator[Frames]] = getattr(self.source, "rest", lambda: iter(()))
        for frames in rest():
            yield frames if self._time is None else self._time.in_packet_time(frames)

    def decode(self, frames: Frames) -> None:
        """Decode frames, and save them if asked to.

        Raises:
            NobodyReads: They go to standard output, and its reader is gone.
        """
        self._take_keys()
        if self._writer is not None:
            try:
                self._writer.write(frames)
            except CaptureError as error:
                self._give_up_writing(error)
                if isinstance(error, NobodyReads):
                    raise
        if self._recent is not None:
            self._recent.add(frames)
        self._decoder.feed(frames)
        self._look_up_owners()
        self._look_elsewhere(frames)
        if self._dissector is not None:
            self._dissector.feed(frames)

    def clock(self) -> float:
        """Return the packet time up to which everything was read, like `Source.clock`."""
        return self._packet_time(self.source.clock())

    def advance(self, now: float) -> None:
        """Report that no frame was captured until `now`."""
        self._take_keys()
        self._decoder.advance(now)
        self._look_up_owners()
        self._look_elsewhere(NO_FRAMES)

    @property
    def waiting(self) -> int:
        """Number of records that wait to be taken."""
        return self._decoder.waiting + (self._dissector.waiting if self._dissector is not None else 0)

    @property
    def full(self) -> bool:
        """Whether enough records wait to be counted in one go."""
        return self.waiting >= COLUMN or self._decoder.waiting_characters >= CHARACTERS

    def take(self) -> Batch:
        """Return the records completed since the last call; whole packets come last."""
        batch = self._decoder.take()
        if self._dissector is None:
            return batch
        return RecordBatch([*batch.records(), *self._dissector.take()])

    def status(self) -> Status:
        """Return the status of the capture."""
        if faults := self._decoder.faults():
            self.trouble += (report([Fault(*fault) for fault in faults]),)
        clock = self._time.warning if self._time is not None else ""
        elsewhere = self._elsewhere.warning if self._elsewhere is not None else ""
        health = self._decoder.health
        owners = self._owners.warning if self._owners is not None else ""
        core = how_to_read(health.unreadable)
        hints = (self.source.warning, clock, elsewhere, owners, core, *self._keyring.warnings, *self.trouble)
        warnings, keys = tuple(filter(None, hints)), self._keyring.so_far
        if self._dissector is not None:
            health = replace(health, lost=health.lost + self._dissector.lost)
        if self._time is None:
            return Status(health, self.source.counters(), warnings, keys=keys)
        return Status(health, self.source.counters(), warnings, self._time.now(), self._time.resumed, keys)

    def close(self) -> None:
        """Close the source with its keys, and the file of packets."""
        self._take_keys()
        self._keyring.close()
        self.source.close()
        if self._elsewhere is not None:
            self._elsewhere.close()
        if self._owners is not None:
            self._owners.close()
        if self._writer is not None:
            if skipped := self._writer.skipped:
                self.trouble += (f"{skipped} packets with another link type were not written to {self._writer.name}",)
            try:
                self._writer.close()
            except CaptureError as error:
                self._give_up_writing(error)

    def finish(self, records: int | None = None) -> bool:
        """End the capture, as `Decodes.finish` does."""
        return self._decoder.finish(records)

    def _take_keys(self) -> None:
        """Hand on the keys that arrived."""
        for lines in self._keyring.read():
            self._decoder.add_secrets(lines)
            if self._recent is not None:
                self._recent.add_secrets(lines)
            self._save_keys(lines)

    def _save_keys(self, lines: bytes) -> None:
        if self._writer is not None:
            try:
                self._writer.add_secrets(lines)
            except CaptureError as error:
                self._give_up_writing(error)

    def _packet_time(self, stamp: float) -> float:
        return stamp if self._time is None else self._time.packet_time(stamp)

    def _look_up_owners(self) -> None:
        if self._owners is not None:
            self._owners.serve(self._decoder, self._packet_time)

    def _look_elsewhere(self, frames: Frames) -> None:
        """Look for HTTP on other ports, until there is some on the monitored ones."""
        if self._elsewhere is None:
            return
        health = self._decoder.health
        if health.requests or health.exchanges:
            self._elsewhere.close()
            self._elsewhere = None
        else:
            self._elsewhere.look(frames)

    def _give_up_writing(self, error: CaptureError) -> None:
        self._writer = None
        self.trouble = () if isinstance(error, NobodyReads) else (str(error),)
