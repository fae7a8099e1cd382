"""Sigma rules in a run: reads the files at the start, before rights are dropped, and again at SIGHUP.

pySigma is optional.
"""

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from capture.core import CORE
from detection.detectors.sigma import Sigma
from detection.sigma.patterns import Pattern, PatternError, Search, searching
from detection.sigma.rules import RuleSet
from exercise_config import SettingError
from run.hangup import obey_hangup

if TYPE_CHECKING:
    from detection.sigma.reading import Reading

_LARGEST: Final = 64 * 2**20
"""Bytes of all files together."""
_ENDINGS: Final = (".yml", ".yaml")
_SHOWN: Final = 5
"""Reasons that are named for rules that are left out."""

OpenFile = Callable[[str, int], int]


class SigmaRules:
    """Keeps the rules of a detector. If a file is wrong later, the earlier rules stay, and a warning says so."""

    def __init__(self, detector: Sigma, paths: Sequence[str], open_file: OpenFile, *, live: bool) -> None:
        """Read the files at `paths`, and those in folders, with `open_file`; in a live run also later.

        Raises:
            SettingError: a file cannot be read, or is wrong.
        """
        self.news: deque[str] = deque(maxlen=10)
        """Lines for the user about what was read."""
        self.problem = ""
        """Why the files could not be read again."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is news."""
        self._detector = detector
        self._paths = paths
        self._live = live
        self._asked = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None
        self._undo: Callable[[], None] = lambda: None
        self._use(open_file)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about files that cannot be read."""
        return (self.problem,) if self.problem else ()

    def start(self) -> None:
        """Read the files again at each SIGHUP of a live run, in a thread, so that nothing waits for them."""
        if not self._live:
            return
        self._thread = threading.Thread(target=self._run, name="sigma", daemon=True)
        self._thread.start()
        self._undo = obey_hangup(self._asked.set)

    def close(self) -> None:
        """End the thread."""
        self._undo()
        self._ended = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._asked.wait() and not self._ended:
            self._asked.clear()
            try:
                self._use(os.open)
                self.problem = ""
            except SettingError as error:
                self.problem = f"{error}; the earlier rules will be used"
                self.news.append(self.problem)
            self.told()

    def _use(self, open_file: OpenFile) -> None:
        """Have the detector apply what the files say now."""
        from detection.sigma.reading import MalformedError, Reading

        prepare = _linear if hasattr(CORE, "Patterns") else searching
        reading = Reading(prepare)
        try:
            for path in files_of(self._paths):
                reading.take(path, _content(path, open_file))
            self._detector.use(RuleSet(reading.rules, reading.patterns, prepare))
        except MalformedError as error:
            raise SettingError(f"sigma_rules: {error}") from error
        except PatternError as error:
            raise SettingError(f"sigma_rules: all rules together are too large: {error.args[0]}") from error
        self.news.append(_line(reading))


def files_of(paths: Sequence[str]) -> Iterator[str]:
    """Iterate over the files at these paths, and those with rules in folders, sorted."""
    for path in paths:
        if os.path.isdir(path):
            yield from sorted(str(each) for each in Path(path).rglob("*") if each.suffix in _ENDINGS)
        else:
            yield path


def _content(path: str, open_file: OpenFile) -> str:
    try:
        with os.fdopen(open_file(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), encoding="utf-8") as opened:
            return opened.read(_LARGEST)
    except OSError as error:
        raise SettingError(f"sigma_rules: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingError(f"sigma_rules: {path} is not a text in UTF-8: {error}") from error


def _linear(patterns: Sequence[Pattern]) -> Search:
    """Search for all patterns at once, with the core, in time that is linear in the text."""
    rules: list[tuple[str, list[str], float, list[str]]] = [
        (each.expression, [each.keyword] if each.keyword else [], 0.0, []) for each in patterns
    ]
    try:
        found = CORE.Patterns(rules)
    except ValueError as error:
        raise PatternError(*error.args) from error
    return lambda text: [place for place, _, _ in found.find(text.encode("utf-8", "surrogatepass"), 1)]


def _line(reading: "Reading") -> str:
    count = len(reading.rules)
    line = f"sigma: {count:,} {'rule' if count == 1 else 'rules'} will be applied"
    if not reading.left_out:
        return line
    reasons = Counter(reading.left_out.values())
    named = ", ".join(f"{count:,} because {reason}" for reason, count in reasons.most_common(_SHOWN))
    return f"{line}; left out: {named}" + (", and others" if len(reasons) > _SHOWN else "")
