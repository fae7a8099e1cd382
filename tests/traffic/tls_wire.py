"""TLS messages for tests (RFC 8446 sections 4 and 5)."""

TLS_1_2, TLS_1_3 = b"\x03\x03", b"\x03\x04"
AES_128_GCM, ECDHE_RSA_AES_128_GCM = b"\x13\x01", b"\xc0\x2f"
RETRY = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
"""The random value that makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3)."""
CHANGE = b"\x14\x03\x03\x00\x01\x01"
"""A ChangeCipherSpec record."""


def sized(size: int, body: bytes) -> bytes:
    return len(body).to_bytes(size, "big") + body


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "big") + sized(2, body)


def hello_body(*extensions: bytes, session: bytes = b"session") -> bytes:
    head = TLS_1_2 + b"R" * 32 + sized(1, session) + sized(2, b"\x13\x01\x13\x02") + sized(1, b"\x00")
    return head + (sized(2, b"".join(extensions)) if extensions else b"")


def named(name: bytes) -> bytes:
    return extension(0, sized(2, b"\x00" + sized(2, name)))


def alpn(*protocols: bytes) -> bytes:
    return extension(16, sized(2, b"".join(sized(1, protocol) for protocol in protocols)))


def versions(*offered: bytes) -> bytes:
    return extension(43, sized(1, b"".join(offered)))


def message(kind: int, body: bytes = b"") -> bytes:
    return bytes([kind]) + sized(3, body)


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + TLS_1_2 + sized(2, body)


def records(message: bytes, size: int = 2**14) -> bytes:
    """Split handshake messages into records of `size` bytes."""
    parts = (message[at : at + size] for at in range(0, len(message), size))
    return b"".join(b"\x16\x03\x01" + sized(2, part) for part in parts)


def client_hello(*extensions: bytes, session: bytes = b"session") -> bytes:
    return records(message(1, hello_body(*extensions, session=session)))


def server_body(cipher: bytes, *extensions: bytes, session: bytes = b"", random: bytes = b"S" * 32) -> bytes:
    return TLS_1_2 + random + sized(1, session) + cipher + b"\x00" + sized(2, b"".join(extensions))


def server_hello(cipher: bytes, *extensions: bytes, session: bytes = b"", random: bytes = b"S" * 32) -> bytes:
    return records(message(2, server_body(cipher, *extensions, session=session, random=random)))


def alert(level: int, description: int) -> bytes:
    return record(21, bytes([level, description]))


def encrypted(size: int) -> bytes:
    """Build a record of application data, or of what TLS 1.3 shows as such."""
    return record(23, b"x" * size)


def certificates(*chain: bytes) -> bytes:
    return message(11, sized(3, b"".join(sized(3, one) for one in chain)))
