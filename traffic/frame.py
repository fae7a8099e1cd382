"""What goes into `traffic`: captured frames, as a source in `capture/` hands them over, in batches."""

from typing import Final, NamedTuple

# Link types by their number in capture files, https://www.tcpdump.org/linktypes.html
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
    """Number of the link layer in capture files (a `LINKTYPE_` value)."""
    data: bytes
    """The bytes captured, from the link-layer header on."""
    length: int
    """Length on the wire in bytes; more than `len(data)` where the capture cut the frame."""
