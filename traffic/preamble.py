"""What proxies send before the first message of a connection: a PROXY protocol header, or a SOCKS handshake.

The first bytes that a side sends tell which. HAProxy's proxy-protocol.txt specifies the PROXY protocol, and RFC 1928
SOCKS 5; SOCKS 4 has no RFC.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from traffic.forwarding import canonical_text, numeric_address

_PROXY_1: Final = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)(?: [^\r\n]{0,95})?\r\n")
_PROXY_2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_2_SIZE: Final = 16
_PROXY_COMMAND: Final = 0x21
"""Version 2, and a connection on behalf of a client; LOCAL is one of the proxy's own."""
_TCP_4, _TCP_6 = 0x11, 0x21
_SOCKS_4: Final = (b"\x04\x01", b"\x04\x02")
"""Version and command: CONNECT or BIND."""
_SOCKS_4_SIZE: Final = 9


def proxy_header_size(data: bytes) -> int:
    """Return the size of the PROXY protocol header at the start of a connection; 0 if there is none.

    It is sent at once (section 2), so its start is never split. One of version 2 may be longer than `data`.
    """
    if data.startswith(_PROXY_2) and len(data) >= _PROXY_2_SIZE:
        return _PROXY_2_SIZE + int.from_bytes(data[14:16], "big")
    line = _PROXY_1.match(data)
    return line.end() if line is not None else 0


def proxied_client(header: bytes) -> str:
    """Return the client that a PROXY protocol header names; empty if it names none, or not in full."""
    if header.startswith(_PROXY_2):
        return _client_of_2(header)
    words = header.partition(b"\r")[0].split(b" ")
    family = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}.get(words[1]) if len(words) == 6 else None
    source, target = (numeric_address(word) for word in words[2:4]) if family is not None else (None, None)
    if family is None or not isinstance(source, family) or not isinstance(target, family):
        return ""
    return canonical_text(source)


def _client_of_2(header: bytes) -> str:
    """Return the client in a header of version 2 (section 2.2)."""
    size = int.from_bytes(header[14:16], "big")
    addresses = header[_PROXY_2_SIZE : _PROXY_2_SIZE + size]
    if header[12] != _PROXY_COMMAND:
        return ""
    if header[13] == _TCP_4 and len(addresses) >= 12:
        return canonical_text(IPv4Address(addresses[:4]))
    if header[13] == _TCP_6 and len(addresses) >= 36:
        return canonical_text(IPv6Address(addresses[:16]))
    return ""


def starts_socks(data: bytes) -> bool:
    """Return whether the first segment of a connection is the first message of a SOCKS client."""
    if data[:1] == b"\x05":
        return len(data) > 2 and len(data) == 2 + data[1]
    return data[:2] in _SOCKS_4 and len(data) >= _SOCKS_4_SIZE and data.endswith(b"\0")
