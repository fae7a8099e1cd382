"""What proxies send before the first message of a connection: a PROXY protocol header, or a SOCKS handshake.

The first bytes that a side sends tell which. HAProxy's proxy-protocol.txt specifies the PROXY protocol, and RFC 1928
SOCKS 5; SOCKS 4 has no RFC.
"""

import re
from typing import Final

_PROXY_1: Final = re.compile(rb"PROXY (?:TCP4|TCP6|UNKNOWN)(?: [^\r\n]{0,95})?\r\n")
_PROXY_2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_2_SIZE: Final = 16
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


def starts_socks(data: bytes) -> bool:
    """Return whether the first segment of a connection is the first message of a SOCKS client."""
    if data[:1] == b"\x05":
        return len(data) > 2 and len(data) == 2 + data[1]
    return data[:2] in _SOCKS_4 and len(data) >= _SOCKS_4_SIZE and data.endswith(b"\0")
