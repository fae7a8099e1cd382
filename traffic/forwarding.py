"""The client that proxies name in header fields of a request: X-Forwarded-For, Forwarded (RFC 7239) and others.

Every proxy adds the address that it got the request from at the right of a list, and anybody may have sent what is left
of that. So a list is read from the right, only as far as trusted proxies go, and only if a trusted proxy sent it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import islice
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, Literal, NamedTuple, get_args

ClientHeader = Literal["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"]
"""A field in which proxies name the client."""
CLIENT_FIELDS: Final = tuple(name.encode("ascii") for name in get_args(ClientHeader))
"""All of them. The order says which one counts first."""
_FORWARDED: Final = b"forwarded"
_MOST_HOPS: Final = 32
"""Maximum addresses of a list that are read."""
_LONGEST_ADDRESS: Final = 45
_PORT: Final = re.compile(rb"[0-9]{1,5}|_[0-9A-Za-z._-]+")
"""A port, or what stands for one (RFC 7239 section 6.3)."""
_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
_UNSAID: Final = b"unknown"
"""What a proxy writes in place of an address that it does not know (RFC 7239 section 6.2)."""

Address = IPv4Address | IPv6Address


class Named(NamedTuple):
    """The client that a request names."""

    client: str
    malformed: bool
    """Whether something that is no address ended the search."""


class TrustedProxies:
    """The addresses of proxies whose word about their clients is taken."""

    def __init__(self, networks: Iterable[str] = (), fields: Sequence[bytes] = CLIENT_FIELDS) -> None:
        """`networks` are addresses and networks; `fields` are those of `CLIENT_FIELDS` to believe, the first first."""
        self._networks = [ip_network(network) for network in networks]
        self._fields = fields
        self._trusts = lru_cache(maxsize=4096)(self._includes)

    def __contains__(self, address: str) -> bool:
        return self._trusts(address)

    def _includes(self, address: str) -> bool:
        parsed = ip_address(address)
        return any(parsed in network for network in self._networks)

    def client(self, proxy: str, named: Sequence[tuple[bytes, bytes]]) -> Named:
        """Return the client of a request from a trusted proxy; `named` are names and values of `CLIENT_FIELDS`.

        It is the proxy itself if it names none.
        """
        for field in self._fields:
            nodes = list(islice(_nodes(field, named), _MOST_HOPS))
            if nodes:
                return self._behind(proxy, nodes)
        return Named(proxy, malformed=False)

    def _behind(self, proxy: str, nodes: Iterable[bytes]) -> Named:
        """Return the first address from the right that is not trusted, or the last one before what is no address."""
        client = proxy
        for node in nodes:
            address = address_of(node)
            if not address:
                return Named(client, malformed=not _is_hidden(node))
            client = address
            if client not in self:
                break
        return Named(client, malformed=False)


def address_of(node: bytes) -> str:
    """Return the address of `192.0.2.1:80`, `"[2001:db8::1%eth0]:80"` and the like; empty if there is none.

    It is in canonical form: without port and zone, and an IPv4 address even if it is written as one of IPv6.
    """
    node = _unquoted(node)
    if node.startswith(b"["):
        host, bracket, port = node[1:].partition(b"]")
        fits = bracket and b":" in host and (not port or (port[:1] == b":" and _PORT.fullmatch(port[1:])))
    elif node.count(b":") == 1:
        host, _, port = node.partition(b":")
        fits = _PORT.fullmatch(port)
    else:
        host, fits = node, True
    return _canonical(host) if fits else ""


def numeric_address(text: bytes) -> Address | None:
    """Parse an address without a zone; None if it is not one."""
    try:
        return ip_address(text.decode("ascii")) if len(text) <= _LONGEST_ADDRESS and b"%" not in text else None
    except ValueError:  # also if it is not ASCII
        return None


def canonical_text(address: Address) -> str:
    """Write an address like those of connections; one of IPv4 in IPv6 (RFC 4291 section 2.5.5.2) becomes IPv4."""
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    packed = (inner or address).packed
    return inet_ntop(AF_INET if len(packed) == 4 else AF_INET6, packed)


def _canonical(host: bytes) -> str:
    host, percent, zone = host.partition(b"%")
    if percent and not (zone and b":" in host):
        return ""
    address = numeric_address(host)
    return "" if address is None else canonical_text(address)


def _unquoted(text: bytes) -> bytes:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text.startswith(b'"') and text.endswith(b'"') else text


def _is_hidden(node: bytes) -> bool:
    """Return whether a proxy does not know or does not tell the address (RFC 7239 sections 6.2 and 6.3)."""
    name = _unquoted(node).partition(b":")[0].lower()
    return name == _UNSAID or name.startswith(b"_")


def _nodes(field: bytes, named: Sequence[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield the nodes of a list from the right. Several fields are one list, and empty parts are none of it (RFC 9110
    section 5.6.1).
    """
    for name, value in reversed(named):
        if name == field:
            parts = _parts(value, ",") if field == _FORWARDED else reversed(value.split(b","))
            yield from (_for(part) if field == _FORWARDED else part for part in parts if part.strip())


def _for(element: bytes) -> bytes:
    """Return the value of the parameter `for` of an element of Forwarded; empty if there are several."""
    found = []
    for part in _parts(element, ";"):
        name, _, value = part.partition(b"=")
        if name.strip().lower() == b"for":
            found.append(value)
    return _UNSAID if not found else found[0] if len(found) == 1 else b""


def _parts(text: bytes, separator: str) -> Iterator[bytes]:
    """Split at separators outside of quoted strings, and yield the parts from the right.

    Quotes are paired from the right too: there, a trusted proxy wrote them.
    """
    end, quoted = len(text), False
    for place in range(len(text) - 1, -1, -1):
        if text[place] == _QUOTE and not _is_escaped(text, place):
            quoted = not quoted
        elif text[place] == ord(separator) and not quoted:
            yield text[place + 1 : end]
            end = place
    yield text[:end]


def _is_escaped(text: bytes, place: int) -> bool:
    """Return whether an odd number of backslashes comes before a byte (RFC 9110 section 5.6.4)."""
    before = place
    while before and text[before - 1] == _BACKSLASH:
        before -= 1
    return (place - before) % 2 == 1
