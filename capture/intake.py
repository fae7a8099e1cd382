"""From a source to records: reads frames, keeps them in a file if asked to, and has them decoded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from capture.dissector import Dissector
from capture.errors import CaptureError, NobodyReads
from capture.faults import Fault, report
from capture.source import Counters, Source
from capture.writer import PcapWriter
from traffic.batch import Batch, RecordBatch
from traffic.frames import Frames
from traffic.health import Health

COLUMN: Final = 32_768
"""Records that are counted together: every statistic counts in whole columns."""
CHARACTERS: Final = 4 * 2**20
"""Of their texts likewise."""


class Decodes(Protocol):
    """What turns frames into records: `traffic.decoder.Decoder`, or the core's."""

    def feed(self, frames: Frames) -> None:
        """Take frames in the order of their capture."""

    def advance(self, now: float) -> None:
        """No frame came until `now`."""

    def finish(self) -> None:
        """The capture is over, and with it all that was under way."""

    def take(self) -> Batch:
        """The records that became complete since they were taken last."""

    @property
    def waiting(self) -> int:
        """Records that wait to be taken."""

    @property
    def waiting_characters(self) -> int:
        """Characters of their texts."""

    @property
    def health(self) -> Health:
        """What was counted so far; it does not change any more."""

    @property
    def held(self) -> int:
        """Bytes that wait for others."""

    def faults(self) -> Sequence[tuple[str, float, int, bytes]]:
        """Faults of the decoder itself since the last time: its words; time, link type and bytes of the frame."""


class Status(NamedTuple):
    """What the capture says of itself; totals since the start."""

    health: Health
    counters: Counters
    notices: tuple[str, ...]
    """Sentences for the user's eye."""


class Intake:
    """One source, its decoder, and what else looks at the frames."""

    def __init__(
        self,
        source: Source,
        decoder: Decodes,
        writer: PcapWriter | None = None,
        dissector: Dissector | None = None,
        packet_limit: int | None = None,
    ) -> None:
        self.source = source
        self._decoder = decoder
        self._writer = writer
        self._dissector = dissector
        self._left = packet_limit
        self.trouble: tuple[str, ...] = ()
        """What failed: why the frames are kept no longer, and faults of the decoder."""

    def read(self) -> Frames | None:
        """The next frames, as `Source.read`; None also when as many as wanted were read."""
        if self._left == 0:
            return None
        frames = self.source.read()
        if frames and self._left is not None:
            frames = frames.part(0, self._left)
            self._left -= len(frames)
        return frames

    def decode(self, frames: Frames) -> None:
        """Decode these frames; they are kept, if asked to.

        Raises:
            NobodyReads: they go to standard output, which was closed.
        """
        if self._writer is not None:
            try:
                self._writer.write(frames)
            except CaptureError as error:
                self._give_up_writing(error)
                if isinstance(error, NobodyReads):
                    raise
        self._decoder.feed(frames)
        if self._dissector is not None:
            self._dissector.feed(frames)

    def advance(self, now: float) -> None:
        """No frame came until `now`."""
        self._decoder.advance(now)

    @property
    def waiting(self) -> int:
        """Records that wait to be taken."""
        return self._decoder.waiting + (self._dissector.waiting if self._dissector is not None else 0)

    @property
    def full(self) -> bool:
        """Whether as much waits as is best counted together."""
        return self.waiting >= COLUMN or self._decoder.waiting_characters >= CHARACTERS

    def take(self) -> Batch:
        """The records that became complete since they were taken last, whole packets after all others."""
        batch = self._decoder.take()
        if self._dissector is None:
            return batch
        return RecordBatch([*batch.records(), *self._dissector.take()])

    def status(self) -> Status:
        """How it goes."""
        if faults := self._decoder.faults():
            self.trouble += (report([Fault(*fault) for fault in faults]),)
        notices = (self.source.notice, *self.trouble) if self.source.notice else self.trouble
        health = self._decoder.health
        if self._dissector is not None:
            health = replace(health, lost=health.lost + self._dissector.lost)
        return Status(health, self.source.counters(), notices)

    def finish(self) -> None:
        """Close everything; all that was under way is over."""
        self.source.close()
        if self._writer is not None:
            if skipped := self._writer.skipped:
                self.trouble += (f"{skipped} packets of another link type are not in {self._writer.name}",)
            try:
                self._writer.close()
            except CaptureError as error:
                self._give_up_writing(error)
        self._decoder.finish()

    def _give_up_writing(self, error: CaptureError) -> None:
        self._writer = None
        self.trouble = () if isinstance(error, NobodyReads) else (str(error),)
