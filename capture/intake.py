"""From a source to records: reads frames, keeps them in a file if asked to, and has them decoded."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from capture.errors import CaptureError, NobodyReads
from capture.source import Counters, Source
from capture.writer import PcapWriter
from traffic.frames import Frames
from traffic.health import Health

Dissect = Callable[[Frames], list[Any]]


class Decodes(Protocol):
    """What turns frames into records: `traffic.decoder.Decoder`."""

    health: Health

    def feed(self, frames: Frames) -> list[Any]:
        """Records that became complete with these frames."""

    def advance(self, now: float) -> list[Any]:
        """Records that became complete by time alone."""

    def finish(self) -> list[Any]:
        """Records of all that was under way at the end."""


class Status(NamedTuple):
    """What the capture says of itself; totals since the start."""

    health: Health
    counters: Counters
    notices: tuple[str, ...]
    """Sentences for the user's eye."""
    lost: int = 0
    """Records lost because the queue to the main thread was full."""


class Intake:
    """One source, its decoder, and what else looks at the frames."""

    def __init__(
        self,
        source: Source,
        decoder: Decodes,
        writer: PcapWriter | None = None,
        dissect: Dissect | None = None,
        packet_limit: int | None = None,
    ) -> None:
        self.source = source
        self._decoder = decoder
        self._writer = writer
        self._dissect = dissect
        self._left = packet_limit
        self.trouble: tuple[str, ...] = ()
        """Why the frames are kept no longer, once that is so."""

    def read(self) -> Frames | None:
        """The next frames, as `Source.read`; None also when as many as wanted were read."""
        if self._left == 0:
            return None
        frames = self.source.read()
        if frames and self._left is not None:
            frames = frames.part(0, self._left)
            self._left -= len(frames)
        return frames

    def decode(self, frames: Frames) -> list[Any]:
        """The records that these frames complete; the frames are kept, if asked to.

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
        records = self._decoder.feed(frames)
        return records if self._dissect is None else records + self._dissect(frames)

    def advance(self, now: float) -> list[Any]:
        """The records that time-outs until `now` complete."""
        return self._decoder.advance(now)

    def status(self) -> Status:
        """How it goes."""
        notices = (self.source.notice, *self.trouble) if self.source.notice else self.trouble
        return Status(self._decoder.health.copy(), self.source.counters(), notices)

    def finish(self) -> list[Any]:
        """Close everything; the records of all that was under way."""
        self.source.close()
        if self._writer is not None:
            if skipped := self._writer.skipped:
                self.trouble += (f"{skipped} packets of another link type are not in {self._writer.name}",)
            try:
                self._writer.close()
            except CaptureError as error:
                self._give_up_writing(error)
        return self._decoder.finish()

    def _give_up_writing(self, error: CaptureError) -> None:
        self._writer = None
        self.trouble = () if isinstance(error, NobodyReads) else (str(error),)
