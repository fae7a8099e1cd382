"""Says which other ports carry HTTP while the monitored ones carry none: the wrong port looks like no traffic.

It looks at a bounded number of frames: at those that the decoder ignores and, live, at a glimpse of those that the
kernel filter keeps from us. As soon as the decoder finds HTTP, nobody looks any more.
"""

from typing import Final

from capture.glimpse import Glimpse
from capture.ports import Ports
from traffic.elsewhere import OtherPorts
from traffic.frames import Frames
from traffic.limits import Limits

AT_ONCE: Final = 20_000
"""Frames to look at before only few more are looked at."""
LATER: Final = 50
"""Frames of each further batch to look at."""
NAMED: Final = 3
"""Most ports that are named."""


class Elsewhere:
    """The ports besides `ports` that carry HTTP."""

    def __init__(self, ports: Ports, limits: Limits, glimpse: Glimpse | None = None, *, live: bool = False) -> None:
        self._ports = ports
        self._other = OtherPorts(ports, limits)
        self._glimpse = glimpse
        self._live = live
        self._left = AT_ONCE
        self._ended = False

    def look(self, frames: Frames) -> None:
        """Look at frames of the source and, live, at what the kernel filter rejects."""
        looked = min(len(frames), self._left)
        self._other.look(frames.part(0, looked))
        self._left += LATER - looked
        if self._glimpse is not None:
            self._other.look(self._glimpse.read())

    @property
    def warning(self) -> str:
        """A sentence for the user; empty if there is nothing to say."""
        found = [port for port, _ in self._other.http.most_common(NAMED)]
        yet = " yet" if self._live else ""
        if found:
            *others, last = map(str, sorted(found))
            where = f"ports {', '.join(others)} and {last}" if others else f"port {last}"
            return f"no HTTP on port {self._ports}{yet}, but on {where}: use -p {Ports(found)}"
        if self._ended and self._other.segments:
            segments = f"{self._other.segments:,} TCP segments" if self._other.segments > 1 else "1 TCP segment"
            return f"no HTTP on port {self._ports}: {segments} on other ports, without HTTP"
        return ""

    def close(self) -> None:
        """Note the end of the capture."""
        self._ended = not self._live
        if self._glimpse is not None:
            self._glimpse.close()
            self._glimpse = None
