"""The input of `traffic`: captured frames, as the sources in `capture/` hand them over in batches."""

from typing import Final, NamedTuple

# Link-layer types of capture files, https://www.tcpdump.org/linktypes.html.
LINKTYPE_NULL: Final = 0
LINKTYPE_ETHERNET: Final = 1
LINKTYPE_RAW: Final = 101
LINKTYPE_LOOP: Final = 108
LINKTYPE_LINUX_SLL: Final = 113
LINKTYPE_IPV4: Final = 228
LINKTYPE_IPV6: Final = 229
LINKTYPE_LINUX_SLL2: Final = 276


class Frame(NamedTuple):
    """One captured frame."""

    time: float
    """Capture time in seconds since the epoch."""
    link_type: int
    """Link-layer type of capture files (a `LINKTYPE_` value)."""
    data: bytes
    """The captured bytes, starting with the link-layer header."""
    length: int
    """Length on the wire in bytes; greater than `len(data)` if the capture truncated the frame."""
