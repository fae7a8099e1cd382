"""What was learned of hosts as bytes, so that it outlasts a restart. Pure.

They are one line that says what made them, then compressed: the names of the hosts in a line, and a record of each.
Bytes of another version of the model, or of other features, have another first line.
"""

import json
import zlib
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detection.unseen.features import FEATURES
from detection.unseen.hosts import BINS, MEMORY, Hosts
from detection.unseen.prior import TEXT
from detection.unseen.usual import AMOUNTS, CATEGORIES, LEVELS

VERSION: Final = 1
"""Of the model: scores of another one say nothing about requests."""
MOST: Final = 2000
"""Hosts that are kept: those that were asked for last."""
LONGEST_NAME: Final = 255
"""Characters of the name of a host; what is longer is no name of a host, and is not kept."""
DAMAGED: Final = "damaged"
OTHER: Final = "of another version of this program"

_FEATURES: Final = sha256(repr((FEATURES, "".join(TEXT.split()))).encode()).hexdigest()[:16]
"""The features, also how the core finds them: the prior is learned again whenever that changes."""
_LINE: Final = f"unseen {VERSION} {_FEATURES}\n".encode()
_HOST: Final = np.dtype([
    ("requests", "<u2"),
    ("strangest", "<f8"),
    ("reached", "<u2", (len(AMOUNTS), LEVELS)),
    ("seen", "<u2", (CATEGORIES, BINS)),
])  # fmt: skip
"""A host: see `Hosts`."""
_LARGEST: Final = MOST * (12 * LONGEST_NAME + _HOST.itemsize)


def packed(hosts: Hosts) -> bytes:
    """Return what is known of the hosts; empty if there are none."""
    known = [each for each in hosts.known if len(each[0]) <= LONGEST_NAME][-MOST:]
    if not known:
        return b""
    packer = zlib.compressobj(1)
    parts = [packer.compress(json.dumps([name for name, _ in known]).encode() + b"\n")]
    host = np.zeros((), _HOST)
    for _, place in known:
        for field in _HOST.fields or ():
            host[field] = getattr(hosts, field)[place]
        parts.append(packer.compress(host.tobytes()))
    return b"".join((_LINE, *parts, packer.flush()))


def unpack(state: bytes, hosts: Hosts) -> None:
    """Take what `packed` returned for the hosts; if there is room for fewer, for those that were asked for last.

    Raises:
        ValueError: it is damaged or of another version, as the text says. Nothing was taken.
    """
    if not state.startswith(_LINE):
        raise ValueError(OTHER if state.startswith(b"unseen ") else DAMAGED)
    try:
        names, counts = _read(_content(state[len(_LINE) :]))
    except (ValueError, TypeError, zlib.error, RecursionError) as error:
        raise ValueError(DAMAGED) from error
    places = hosts.places(names[-hosts.most :])
    for field in _HOST.fields or ():
        getattr(hosts, field)[places] = counts[field][-hosts.most :]
    hosts.distinct[places] = (hosts.seen[places] > 0).sum(axis=2)


def _content(state: bytes) -> bytes:
    packer = zlib.decompressobj()
    content = packer.decompress(state, _LARGEST)
    if not packer.eof or packer.unused_data:
        raise ValueError(DAMAGED)
    return content


def _read(content: bytes) -> tuple[list[str], NDArray[Any]]:
    """Return the names of the hosts and their records."""
    line = content[: content.index(b"\n") + 1]
    names, counts = json.loads(line), np.frombuffer(content, _HOST, offset=len(line))
    if not isinstance(names, list) or not 0 < len(names) == len(set(names)) == len(counts):
        raise ValueError(DAMAGED)
    if not all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in names):
        raise ValueError(DAMAGED)
    requests, strangest = counts["requests"], counts["strangest"]
    fits = all((counts[field] <= requests[:, None, None]).all() for field in ("reached", "seen"))
    if not fits or (requests > MEMORY).any() or not (np.isfinite(strangest) & (strangest >= 0)).all():
        raise ValueError(DAMAGED)
    return names, counts
