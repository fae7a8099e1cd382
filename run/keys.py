"""Opens the sources of keys of a run: key logs, eBPF, and the keys in the capture file."""

import os
from importlib import import_module
from pathlib import Path
from typing import Final

from capture.core import how_to_decrypt
from capture.errors import CaptureError
from capture.keys.access import Trusted
from capture.keys.key_log import KeyLog
from capture.keys.keyring import Keyring
from capture.keys.source import KeySource, NamedSource
from capture.named_files import NamedFiles
from capture.open import keys_in
from capture.privileges import User, sudo_caller
from capture.source import Source
from exercise_config import Config, SettingError

EBPF: Final = "ebpf"
"""The word in place of a file that selects keys by eBPF."""
USERS: Final = ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf")
"""Files that say who is in a group."""
_EBPF_MODULE: Final = "capture.keys.ebpf"


def open_keys(config: Config, source: Source, files: NamedFiles, user: User | None) -> Keyring:
    """Open the key logs of the settings, and the keys in a capture file. `user` is who the program will become.

    Raises:
        SettingError: the settings contradict each other.
        CaptureError: a key log cannot be read, or others can read it.
    """
    if config.keys and "tls" not in config.protocols:
        raise SettingError("--keys has no effect without tls in protocols; add it with --protocols +tls")
    missing = how_to_decrypt()
    if missing:
        return Keyring(remark=missing if config.keys else "")
    trusted = Trusted(sudo_caller(os.environ), user)
    named = [_opened(name, source, files, trusted) for name in dict.fromkeys(config.keys)]
    found = keys_in(source)
    embedded = NamedSource(Path(source.name).name, found) if found is not None and found.may_come else None
    return Keyring(named, embedded, live=source.live)


def read_later(config: Config) -> list[str]:
    """Return what reading keys opens after set-up: other files in the folders of key logs, and who is in a group."""
    logs = [name for name in config.keys if name != EBPF]
    return [*(os.path.dirname(os.path.abspath(name)) for name in logs), *(USERS if logs else ())]


def _opened(name: str, source: Source, files: NamedFiles, trusted: Trusted) -> NamedSource:
    if name == EBPF:
        return NamedSource("eBPF", _ebpf(source))
    return NamedSource(Path(name).name, KeyLog(name, trusted, files.open, live=source.live))


def _ebpf(source: Source) -> KeySource:
    if not source.live:
        raise SettingError("--keys ebpf needs a live capture; with -r, use a key log or keys in a pcapng file")
    try:
        opened: KeySource = import_module(_EBPF_MODULE).EbpfKeys()
    except ImportError as missing:
        raise CaptureError(f"--keys ebpf is not available here ({missing})") from missing
    return opened
