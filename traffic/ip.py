"""IPv4 and IPv6 headers, with fragments reassembled (RFC 791, RFC 8200)."""

from typing import Final, NamedTuple

from traffic.fragments import Fragments
from traffic.health import Health
from traffic.layers import MalformedError

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION = 0, 43, 44, 51, 60
_EXTENSIONS: Final = frozenset({_HOP_BY_HOP, _ROUTING, _DESTINATION, 135, 139, 140})
_MOST_EXTENSIONS: Final = 16


class Datagram(NamedTuple):
    """The payload of an IP packet, within `data`."""

    protocol: int
    addresses: bytes
    """Source address, then destination address."""
    data: bytes
    start: int
    end: int
    """Index after the last captured byte."""
    cut: int
    """Number of bytes that were not captured."""


class Ip:
    """Parses IP packets and keeps the fragments of incomplete ones."""

    def __init__(self, fragments: Fragments, health: Health) -> None:
        self._fragments = fragments
        self._health = health

    def version4(self, time: float, data: bytes, start: int, limit: int, identity: bytes) -> Datagram | None:
        """Return the payload of an IPv4 packet that may extend to `limit`; None while fragments are missing.

        Raises:
            MalformedError, IndexError: The header is invalid or truncated.
        """
        header = (data[start] & 15) * 4
        if data[start] >> 4 != 4 or header < 20:
            raise MalformedError("bad IPv4 header")
        total = data[start + 2] << 8 | data[start + 3]
        if total and total < header:
            raise MalformedError("bad IPv4 header")
        # Segmentation offload delivers packets of more than 64 KiB with a length of 0.
        declared = start + total if total else limit
        end = min(declared, limit)
        protocol, addresses, content = data[start + 9], data[start + 12 : start + 20], start + header
        if len(addresses) < 8:
            raise IndexError
        whole = Datagram(protocol, addresses, data, content, end, declared - end)
        field = data[start + 6] << 8 | data[start + 7]
        found: Datagram | None = whole
        if field & 0x3FFF:
            ident = addresses + data[start + 4 : start + 6] + data[start + 9 : start + 10] + identity
            found = self._fragment(time, ident, (field & 0x1FFF) * 8, bool(field & 0x2000), whole)
        if found is not None and found.protocol == _AUTHENTICATION:
            found = _authenticated(found)
        return found

    def version6(self, time: float, data: bytes, start: int, limit: int, identity: bytes) -> Datagram | None:
        """Return the payload of an IPv6 packet after its extension headers, like `version4`."""
        if data[start] >> 4 != 6:
            raise MalformedError("bad IPv6 header")
        size = data[start + 4] << 8 | data[start + 5]
        # The length is 0 in jumbograms (RFC 2675) and with segmentation offload.
        declared = start + 40 + size if size else limit
        end = min(declared, limit)
        addresses = data[start + 8 : start + 40]
        if len(addresses) < 32:
            raise IndexError
        found = Datagram(data[start + 6], addresses, data, start + 40, end, declared - end)
        for _ in range(_MOST_EXTENSIONS):
            if found.protocol in _EXTENSIONS:
                found = _extended(found)
            elif found.protocol == _AUTHENTICATION:
                found = _authenticated(found)
            elif found.protocol == _FRAGMENT:
                whole = self._fragmented(time, found, identity)
                if whole is None:
                    return None
                found = whole
            else:
                return found
        raise MalformedError("too many IPv6 extension headers")

    def _fragmented(self, time: float, found: Datagram, identity: bytes) -> Datagram | None:
        """Fragment header (RFC 8200 section 4.5). An atomic fragment (RFC 6946) is a whole datagram."""
        data, place = found.data, found.start
        field = data[place + 2] << 8 | data[place + 3]
        ident = found.addresses + data[place + 4 : place + 8] + identity
        found = found._replace(protocol=data[place], start=place + 8)
        if not field & 0xFFF9:
            return found
        return self._fragment(time, ident, field & 0xFFF8, bool(field & 1), found)

    def _fragment(self, time: float, ident: bytes, offset: int, more: bool, found: Datagram) -> Datagram | None:
        if found.cut:
            self._health.oddities["truncated IP fragment"] += 1
            return None
        whole = self._fragments.add(time, ident, offset, more, found.data[found.start : found.end])
        return None if whole is None else found._replace(data=whole, start=0, end=len(whole))


def _extended(found: Datagram) -> Datagram:
    place = found.start
    return found._replace(protocol=found.data[place], start=place + 8 + found.data[place + 1] * 8)


def _authenticated(found: Datagram) -> Datagram:
    """Skip an authentication header (RFC 4302), whose length is counted in words, minus two."""
    place = found.start
    return found._replace(protocol=found.data[place], start=place + 8 + found.data[place + 1] * 4)
