"""Reads what rules name for the prefilter: files that they include, and lists of words. An edge."""

from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any, Final

from detection.waf.directives import LIMIT, REPORT
from detection.waf.prefilter import Prefilter

_UNSEEN: Final = range(LIMIT, REPORT + 1)
"""Our rules that report what the others did."""
LONGEST: Final = 16 << 20
"""Largest file that is read, in bytes."""


def prefilter(core: Any, text: str) -> Prefilter | None:
    """Return the prefilter of the rules that a text loads; None if there is no core, or if it cannot be made."""
    if not hasattr(core, "Prefilter"):
        return None
    try:
        return Prefilter(core, text, included, words_of, _UNSEEN)
    except Exception:  # the engine has accepted the rules, and can do without a prefilter
        return None


def included(file: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of the files that an `Include` in a file stands for.

    Raises:
        OSError: one cannot be read.
        ValueError: one is too large.
    """
    for path in sorted(glob(str(Path(file).parent / name))):
        yield path, _text(Path(path))


def words_of(file: str, name: str) -> str | None:
    """Return the text of a file of words that a rule file names; None if it cannot be read."""
    try:
        return _text(Path(file).parent / name)
    except (OSError, ValueError):
        return None


def _text(path: Path) -> str:
    """Return the text of a file, a character for each byte."""
    with path.open("rb") as opened:
        raw = opened.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise ValueError(f"{path}: too large for rules")
    return raw.decode("latin-1")
