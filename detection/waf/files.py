"""Finds and reads the files of a rule set. I/O, at the start only.

Rules are given as paths, in the order of loading: a folder of the Core Rule Set, as it is released or as Debian has it,
or files of ModSecurity, which may include others.
"""

import re
from collections.abc import Iterator, Sequence
from glob import glob
from os.path import isdir, isfile
from pathlib import Path
from typing import Final, NamedTuple

DEBIAN: Final = "/usr/share/modsecurity-crs"
"""The folder of Debian's package modsecurity-crs."""
_DEBIAN_SETUP: Final = Path("/etc/modsecurity/crs")
"""Its settings and exclusions, which the user edits."""
MOST_FILES: Final = 2_000
LONGEST: Final = 16 * 2**20
"""Bytes of a file that are read, and of all files together four times as many."""
_WHO: Final = "the user that the program becomes (setting user)"
_LEFT_OUT: Final = "REQUEST-910-IP-REPUTATION.conf"
"""Of version 3: it needs databases of places, which the library cannot read, and asks block lists over the network."""
_INCLUDE: Final = re.compile(r"^[ \t]*Include[ \t]+(?:\"([^\"\n]+)\"|(\S+))", re.IGNORECASE | re.MULTILINE)
_UNQUOTABLE: Final = re.compile(r"[\"\n$`*?\[\\]")


class RulesError(ValueError):
    """A rule set cannot be loaded. The text is one line for the user."""


class Files(NamedTuple):
    """The files of a rule set, in the order of loading."""

    before: tuple[str, ...]
    """Up to the settings of the Core Rule Set."""
    after: tuple[str, ...]
    """After them. Empty if no folder was given, as it is unknown then where the settings are."""

    @property
    def has_folder(self) -> bool:
        """Whether there is a folder of the Core Rule Set."""
        return bool(self.after)


def found(paths: Sequence[str]) -> Files:
    """Return the files that paths stand for; without paths, those of Debian's package.

    Raises:
        RulesError: there is no such file, or no rules in a folder.
    """
    before: list[str] = []
    after: list[str] = []
    for path in map(Path, paths or (DEBIAN,)):
        into = after if after else before
        if isfile(path):
            into.append(_quotable(path))
        elif isdir(path):
            if after:
                raise RulesError(f"{path} is a second folder of rules; name its files")
            setup, rules = _folder(path)
            before += setup
            after += rules
        elif not paths:
            raise RulesError(f"no rules: {path} does not exist; name a folder of the Core Rule Set with --crs PATH")
        else:
            raise RulesError(f"no file or folder {path}, or {_WHO} cannot read it")
    return Files(tuple(before), tuple(after))


def _folder(path: Path) -> tuple[list[str], list[str]]:
    """Return the settings, with exclusions that come before the rules, and the rules of a folder."""
    root = path if isdir(path / "rules") else path.parent
    rules = sorted((root / "rules").glob("*.conf")) if path in (root, root / "rules") else []
    if not any(rule.name.startswith("REQUEST-901") for rule in rules):
        raise RulesError(
            f"{path} is no folder of the Core Rule Set: it has no rules/REQUEST-901-INITIALIZATION.conf that {_WHO} "
            "can read"
        )
    rules = [rule for rule in rules if rule.name != _LEFT_OUT]
    plugins = root / "plugins"
    places = (root, _DEBIAN_SETUP) if str(root) == DEBIAN else (root,)
    setup = _first(places, ("crs-setup.conf", "crs-setup.conf.example"))
    if not setup:
        raise RulesError(f"{root} has no crs-setup.conf or crs-setup.conf.example")
    exclusions = _beside(places, "REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf")
    after = _beside(places, "RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf")
    ordered = [
        *sorted(plugins.glob("*-config.conf")), *exclusions, *sorted(plugins.glob("*-before.conf")), *rules,
        *sorted(plugins.glob("*-after.conf")), *after,
    ]  # fmt: skip
    return [_quotable(setup[0])], [_quotable(file) for file in ordered]


def _first(places: Sequence[Path], names: Sequence[str]) -> list[Path]:
    return [place / name for name in names for place in places if isfile(place / name)][:1]


def _beside(places: Sequence[Path], name: str) -> list[Path]:
    return [place / name for place in places if isfile(place / name)]


def _quotable(path: Path) -> str:
    """Return the whole path, if it can be the argument of Include."""
    whole = str(path.absolute())
    if _UNQUOTABLE.search(whole):
        raise RulesError(f"{whole!r} has a character that ModSecurity cannot include; rename it")
    return whole


def texts(files: Sequence[str]) -> Iterator[str]:
    """Yield the text of each file and of those it includes, each once, in no certain order.

    Raises:
        RulesError: a file cannot be read, or there are too many.
    """
    waiting, seen, size = list(files), set(files), 0
    while waiting:
        name = waiting.pop()
        try:
            with open(name, "rb") as file:
                raw = file.read(LONGEST + 1)
        except OSError as error:
            raise RulesError(f"{name}: {error.strerror}; {_WHO} must be able to read it") from error
        size += len(raw)
        if len(raw) > LONGEST or size > 4 * LONGEST or len(seen) > MOST_FILES:
            raise RulesError(f"{name}: too large for rules, or too many files")
        text = raw.decode("latin-1")
        yield text
        for quoted, plain in _INCLUDE.findall(text):
            more = {known for known in glob(str(Path(name).parent / (quoted or plain))) if isfile(known)} - seen
            seen |= more
            waiting += sorted(more)


def rule_folders(rules: Sequence[str]) -> list[str]:
    """Return the folders of rules, which are read again at SIGHUP."""
    paths = [Path(path).resolve() for path in rules]
    return [str(_DEBIAN_SETUP.parent), *(str(path if path.is_dir() else path.parent) for path in paths)]
