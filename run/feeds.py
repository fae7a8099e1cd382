"""Reads files with indicators at the start, and again when they change or at SIGHUP, in a thread of its own.

The files are opened with the rights of whoever started the program, and are read after root was dropped, because they
come from the Internet. Later they are opened with the rights that are left.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from capture.named_files import NamedFiles
from detection.intelligence.breadth import IsSuffix, is_common_suffix
from detection.intelligence.indicator import Kind
from detection.intelligence.packing import Terms
from detection.intelligence.table import Feed, Table
from exercise_config import Config
from run.feed_file import FeedFile
from run.hangup import obey_hangup

_DAY: Final = 86400.0
_MEBIBYTE: Final = 2**20
_NEWS: Final = 200
"""Most lines that wait to be printed."""


class Compares(Protocol):
    """Who compares the traffic with indicators."""

    def use(self, listed: Table, allowed: Table) -> None:
        """Compare with these indicators from now on. Another thread may call this."""


class Intelligence:
    """Keeps the tables of a detector up to date. `interval` is None for a capture file: it is read once then."""

    def __init__(
        self,
        detector: Compares,
        listed: Sequence[FeedFile],
        allowed: Sequence[FeedFile],
        terms: Terms,
        interval: float | None,
        unhashed: str = "",
    ) -> None:
        """`unhashed` is said once, if files are listed; it is empty if they are hashed."""
        self.news: deque[str] = deque(maxlen=_NEWS)
        """Lines for the user about what was read."""
        self._detector = detector
        self._listed, self._allowed = listed, allowed
        self._terms = terms
        self._interval = interval
        self._unhashed = unhashed
        self._wake = threading.Event()
        self._ended = False
        self._asked = True
        self._thread: threading.Thread | None = None
        self._undo: Callable[[], None] = lambda: None
        self.told: Callable[[], None] = lambda: None
        """Called when there is news."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about files that cannot be read."""
        return tuple(file.problem for file in (*self._listed, *self._allowed) if file.problem)

    def start(self) -> None:
        """Read the files: of a live run in a thread, so that nothing waits for them."""
        if self._interval is None:
            self.refresh()
            return
        self._undo = obey_hangup(self.ask)
        self._thread = threading.Thread(target=self._run, name="indicators", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and close all files."""
        self._ended = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._undo()
        for file in (*self._listed, *self._allowed):
            file.close()

    def ask(self) -> None:
        """Have all files read again soon. A signal handler may call this."""
        self._asked = True
        self._wake.set()

    def refresh(self) -> None:
        """Read what has changed, and compare with it from then on; a file that is wrong keeps its earlier contents."""
        all_of_them, self._asked = self._asked, False
        now = time.time() if self._interval is not None else 0.0
        changed = self._read(self._listed, replace(self._terms, now=now), all_of_them)
        changed |= self._read(self._allowed, replace(self._terms, keeps_all=True, confidence=0, now=0.0), all_of_them)
        if changed:
            listed = _table(self._listed)
            self._detector.use(listed, _table(self._allowed))
            if self._unhashed and listed.has(Kind.FILE):
                self.news.append(self._unhashed)
                self._unhashed = ""
        if self.news:
            self.told()

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            self.refresh()
            self._wake.wait(self._interval)

    def _read(self, files: Sequence[FeedFile], terms: Terms, all_of_them: bool) -> bool:
        """Return whether a file has new contents."""
        changed = False
        for file in files:
            if self._ended or not (all_of_them or file.has_changed()):
                continue
            others = sum(len(each.feed.indicators) for each in files if each.feed is not None and each is not file)
            changed |= file.read(replace(terms, most=max(0, terms.most - others)))
            self.news.append(file.line)
        return changed


def opened_for(detector: Compares, config: Config, files: NamedFiles, unhashed: str, *, live: bool) -> Intelligence:
    """Open the files of the settings for a detector. `unhashed` is that of `Intelligence`.

    Raises:
        SettingError: a file cannot be opened.
        CaptureError: as in `NamedFiles.open`.
    """
    terms = Terms(
        confidence=config.indicators_confidence,
        lifetime=config.indicators_lifetime * _DAY,
        most=config.max_indicators,
        is_suffix=_suffixes(),
    )
    largest = config.max_indicator_file * _MEBIBYTE
    listed = [FeedFile(path, files.open, largest) for path in dict.fromkeys(config.indicators)]
    allowed = [FeedFile(path, files.open, largest) for path in dict.fromkeys(config.indicators_allowed)]
    return Intelligence(detector, listed, allowed, terms, config.indicators_interval if live else None, unhashed)


def _table(files: Iterable[FeedFile]) -> Table:
    return Table([Feed(file.name, file.feed.indicators) for file in files if file.feed is not None])


def _suffixes() -> IsSuffix:
    """Return the look-up of public suffixes: of all, with the package publicsuffixlist."""
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return is_common_suffix
    suffixes = PublicSuffixList()
    return lambda name: suffixes.publicsuffix(name) == name or is_common_suffix(name)
