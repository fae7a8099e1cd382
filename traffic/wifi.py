"""Unencrypted IEEE 802.11 frames, and the headers that capturing radios prepend."""

from typing import Final

from traffic.layers import LINK, LLC, NOTHING, Layer, MalformedError, Step, host_number, number

_WIFI: Final = LINK | 105
_PRISM: Final = 0x00000044
_AVS: Final = 0x80211001
_TO_AND_FROM_ACCESS_POINTS: Final = 0x03
_PROTECTED, _ORDER = 0x40, 0x80
_QOS: Final = 0x80
_NO_CONTENT: Final = 0x40
_AGGREGATED: Final = 0x80


def _wifi(data: bytes, start: int) -> Step:
    """Parse a data frame (IEEE 802.11 section 9.3.2): addresses, then LLC."""
    control, flags = data[start], data[start + 1]
    if control & 0x0F != 0x08 or control & _NO_CONTENT:
        return NOTHING, start, b""  # management, control and extension frames; data frames without data
    if flags & _PROTECTED:
        raise MalformedError("encrypted 802.11 frame")
    size = 30 if flags & _TO_AND_FROM_ACCESS_POINTS == _TO_AND_FROM_ACCESS_POINTS else 24
    if not control & _QOS:
        return LLC, start + size, b""
    quality = data[start + size]
    size += 6 if flags & _ORDER else 2
    if quality & _AGGREGATED:
        size += 14  # addresses and length of the first of several subframes
    return LLC, start + size, b""


def _padded(data: bytes, start: int) -> Step:
    """Parse an 802.11 frame whose header the radio padded to a multiple of four bytes."""
    layer, place, identity = _wifi(data, start)
    return layer, place + (start - place) % 4, identity


def _radiotap(data: bytes, start: int) -> Step:
    """Radiotap (https://www.radiotap.org): its length, and in its flags whether the next header is padded."""
    size = host_number(data, start + 2, 2)
    if size < 8:
        raise MalformedError("bad radiotap header")
    present = host_number(data, start + 4, 4)
    place, word = start + 8, present
    while word & 0x80000000:
        word = host_number(data, place, 4)
        place += 4
    if present & 1:
        place = start + (place - start + 7 & ~7) + 8
    padded = bool(present & 2 and data[place] & 0x20)
    return (_padded if padded else _wifi)(data, start + size)


def _prism(data: bytes, start: int) -> Step:
    """Prism or, with the same link type, AVS; each has a length field in its machine's byte order."""
    if number(data, start, 4) >> 12 == _AVS >> 12:
        return _WIFI, start + number(data, start + 4, 4), b""
    order = number if number(data, start, 4) == _PRISM else host_number
    return _WIFI, start + min(order(data, start + 4, 4), len(data)), b""


def _ppi(data: bytes, start: int) -> Step:
    """Per-Packet Information: version, flags, length, then the link type of the payload."""
    size = host_number(data, start + 2, 2)
    if size < 8:
        raise MalformedError("bad PPI header")
    return LINK | host_number(data, start + 4, 4) & 0xFFFF, start + size, b""


LAYERS: Final[dict[int, Layer]] = {
    _WIFI: _wifi,
    LINK | 119: _prism,
    LINK | 127: _radiotap,
    LINK | 163: _prism,
    LINK | 192: _ppi,
    **{0x8200 + 0x10 * channel: _wifi for channel in range(32)},  # GRE protocols of Aruba
}
