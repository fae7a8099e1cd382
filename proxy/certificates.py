"""Reads certificates and keys, at the start and again at SIGHUP.

Keys are usually readable by root only, and the program has dropped its rights by then. So another process, which has
kept them, reads the files and sends what they contain (`run/proxy_keeper.py`).
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

OpenFile = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""
LONGEST: Final = 2**20
"""Bytes of a file."""


class CertificateError(OSError):
    """A file cannot be read. The text is one line for the user."""


class CertificateFiles(NamedTuple):
    """The files of the certificates, each with the one of its key, and of the clients' authorities."""

    pairs: tuple[tuple[str, str], ...]
    client_authorities: str
    """Empty if clients are not asked for certificates."""


class Certificates(NamedTuple):
    """What the files contain."""

    pairs: tuple[tuple[bytes, bytes, str], ...]
    """Certificates and key in PEM, and the name of the file."""
    client_authorities: bytes


def contents(path: str, open_file: OpenFile = os.open) -> bytes:
    """Return the bytes of a small file.

    Raises:
        CertificateError: it cannot be read, or is too large.
    """
    try:
        with open(open_file(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)), "rb") as file:
            found = file.read(LONGEST + 1)
    except OSError as reason:
        raise CertificateError(f"{path} cannot be read: {reason.strerror or reason}") from None
    if len(found) > LONGEST:
        raise CertificateError(f"{path} is larger than {LONGEST >> 20} MiB")
    return found


def read(files: CertificateFiles, open_file: OpenFile = os.open) -> Certificates:
    """Read all files.

    Raises:
        CertificateError: one cannot be read.
    """
    pairs = tuple((contents(chain, open_file), contents(key, open_file), chain) for chain, key in files.pairs)
    return Certificates(pairs, contents(files.client_authorities, open_file) if files.client_authorities else b"")


def answer(files: CertificateFiles) -> bytes:
    """Read all files, for another process; the answer says what they contain, or what is wrong."""
    try:
        found = read(files)
    except CertificateError as error:
        return json.dumps({"wrong": str(error)}).encode()
    return json.dumps({
        "pairs": [[_text(chain), _text(key), name] for chain, key, name in found.pairs],
        "client_authorities": _text(found.client_authorities),
    }).encode()  # fmt: skip


def answered(told: bytes) -> Certificates:
    """Return what the other process read.

    Raises:
        CertificateError: it could not.
    """
    answer = json.loads(told)
    if "wrong" in answer:
        raise CertificateError(answer["wrong"])
    pairs = tuple((b64decode(chain), b64decode(key), name) for chain, key, name in answer["pairs"])
    return Certificates(pairs, b64decode(answer["client_authorities"]))


def paired(certificates: Sequence[str], keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each certificate's file with that of its key; without keys, they are in the same files.

    Raises:
        CertificateError: there are more of one kind than of the other.
    """
    keys = keys or certificates
    if len(keys) != len(certificates):
        raise CertificateError(f"--cert comes {len(certificates)} times and --key {len(keys)} times; give one key each")
    absolute = [[str(Path(path).absolute()) for path in paths] for paths in (certificates, keys)]
    return tuple(zip(*absolute, strict=True))


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
