"""The progress of reading a file, as a line of text. Pure."""

from typing import Final, NamedTuple

from view import figures

_BAR: Final = 20
"""Width of the bar."""
_SURE: Final = 1.0
"""Seconds after which the remaining time can be estimated."""


class Progress(NamedTuple):
    """Says how much of a file was read, and how fast."""

    done: int
    """Bytes read so far."""
    total: int | None
    """Bytes of the file; None if unknown, as for a pipe."""
    packets: int
    elapsed: float
    """Seconds since reading began."""

    @property
    def share(self) -> float | None:
        """Return the share that was read, from 0 to 1; None if the size is unknown."""
        if self.total is None:
            return None
        return min(1.0, self.done / self.total) if self.total else 1.0

    @property
    def rate(self) -> float:
        """Return the packets per second so far."""
        return self.packets / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Estimate the seconds until the end; None if the size is unknown, or too early to tell."""
        if self.total is None or self.elapsed < _SURE or self.done <= 0:
            return None
        return max(0.0, self.total - self.done) * self.elapsed / self.done


def progress_line(progress: Progress, width: int) -> str:
    """Write as much as fits into `width` cells, most important first, in ASCII."""
    parts = [*_share(progress), f"{figures.count(progress.rate)} packets/s"]
    if progress.left is not None:
        parts.append(f"{figures.duration(progress.left)} left")
    parts.append(_volume(progress))
    bar = _bar(progress)
    line = ""
    for part in parts:
        longer = f"{line}   {part}" if line else part
        if len(longer) > width:
            break
        line = longer
    return f"{bar} {line}" if bar and len(bar) + 1 + len(line) <= width else line


def _share(progress: Progress) -> list[str]:
    return [] if progress.share is None else [f"{100 * progress.share:3.0f} %"]


def _volume(progress: Progress) -> str:
    done = figures.volume(progress.done)
    return done if progress.total is None else f"{done} of {figures.volume(progress.total)}"


def _bar(progress: Progress) -> str:
    return "" if progress.share is None else f"[{'#' * round(_BAR * progress.share):.<{_BAR}}]"
