"""Frames of WebSockets as bytes (RFC 6455 section 5.2), and the handshake before them."""

from base64 import b64encode
from hashlib import sha1
from itertools import cycle
from struct import pack

from wire import Talk, get

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"mask"


def frame(payload: bytes = b"", opcode: int = TEXT, *, last: bool = True, bits: int = 0, mask: bytes = b"") -> bytes:
    """Build a frame; `bits` are the reserved ones, as in the first byte."""
    size, masked = len(payload), 0x80 if mask else 0
    if size < 126:
        length = bytes([masked | size])
    elif size < 2**16:
        length = bytes([masked | 126]) + pack(">H", size)
    else:
        length = bytes([masked | 127]) + pack(">Q", size)
    body = bytes(byte ^ key for byte, key in zip(payload, cycle(mask), strict=False)) if mask else payload
    return bytes([last << 7 | bits | opcode]) + length + mask + body


def asked(payload: bytes = b"", opcode: int = TEXT, *, last: bool = True, bits: int = 0) -> bytes:
    """Build a frame of the client, which masks it."""
    return frame(payload, opcode, last=last, bits=bits, mask=MASK)


def close(code: int, reason: bytes = b"") -> bytes:
    """Build the payload of a Close frame."""
    return pack(">H", code) + reason


def accept(key: str = KEY) -> str:
    """Return the Sec-WebSocket-Accept of a key (RFC 6455 section 4.2.2)."""
    return b64encode(sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def switching(*fields: str) -> bytes:
    """Build the response of the server."""
    fields = fields or (f"Sec-WebSocket-Accept: {accept()}",)
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: WebSocket", "Connection: Upgrade", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def opening(path: str = "/chat") -> bytes:
    """Build the request of the client."""
    return get(path, "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}")


def upgraded(size: int = 0, *fields: str) -> Talk:
    """Open a WebSocket, in segments of `size` bytes."""
    return Talk(segment_size=size or 1460).client(opening()).server(switching(*fields))


def chat(size: int = 0) -> Talk:
    """Open a WebSocket, exchange three messages, and close it from both sides."""
    talk = upgraded(size)
    talk.client(asked(b"hello")).server(frame(b"welcome") + frame(b"", PING)).client(asked(b"", PONG))
    talk.server(frame(b"x" * 70_000, BINARY))
    return talk.client(asked(close(1000, b"bye"), CLOSE)).server(frame(close(1000), CLOSE)).close()
