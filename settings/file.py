"""The settings file: where it is, and how it is read.

It is TOML with the names of `Config` at the top level: `average_threshold = 25`. One file is read: that of `--config`,
otherwise `config.toml` in the folder `http-monitor` of the user's configuration (XDG Base Directory Specification).
Under sudo that is root's folder, because sudo sets HOME. If sudo keeps the caller's HOME, the file is refused:
otherwise a user who may run only this program by sudo could make root do anything. `--config` shows that the file is
intended.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from settings.setting import Setting, SettingError, find
from settings.trust import UntrustedError, caller, check

FOLDER: Final = "http-monitor"
NAME: Final = "config.toml"


def user_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the user's settings; None without a home. The specification ignores relative paths."""
    base = environment.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(base):
        return Path(base, FOLDER)
    home = environment.get("HOME", "")
    return Path(home, ".config", FOLDER) if os.path.isabs(home) else None


def read(named: str | None, environment: Mapping[str, str], settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return the values of the named file, otherwise of the user's file, if there is one.

    Raises:
        SettingError: the file cannot be read or trusted, is not TOML, or has an unknown name or an invalid value.
    """
    if named is not None:
        return _read(Path(named), frozenset({caller(environment)}), settings)
    folder = user_folder(environment)
    if folder is None or not _is_there(folder / NAME):
        return {}
    return _read(folder / NAME, frozenset(), settings)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _read(path: Path, owners: frozenset[int], settings: Mapping[str, Setting]) -> dict[str, Any]:
    try:
        text = check(path, owners).read_text(encoding="utf-8-sig")
    except UntrustedError as error:
        hint = "" if owners else "; use --config for a file of your own"
        raise SettingError(f"{error}{hint}") from error
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{path} is not UTF-8 text") from error
    return _values(path, text, settings)


def _values(path: Path, text: str, settings: Mapping[str, Setting]) -> dict[str, Any]:
    return {
        name: _value(name, value, settings, f"{path}:{_line_of(name, text)}")
        for name, value in _parse(path, text).items()
    }


def _value(name: str, value: Any, settings: Mapping[str, Setting], place: str) -> Any:
    try:
        if isinstance(value, dict):
            raise SettingError(f"no section {name!r}: settings have no sections")
        checked = tuple(value) if isinstance(value, list) else value
        find(settings, name).check(checked)
    except SettingError as error:
        raise SettingError(f"{place}: {error}") from None
    return checked


def _parse(path: Path, text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = line[1] if line else text.count("\n") + 1
        raise SettingError(f"{path}:{place}: not TOML: {error}") from None


def _line_of(name: str, text: str) -> int:
    """Return the line, from 1, that sets a name or opens a section; 1 if it is not found."""
    written = re.compile(rf"""^\s*\[*\s*["']?{re.escape(name)}["']?\s*[].=]""", re.MULTILINE)
    found = written.search(text)
    return text.count("\n", 0, found.end()) + 1 if found else 1
