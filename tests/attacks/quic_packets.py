"""Builds the first packets of QUIC connections, with the package `cryptography` (RFC 9000, RFC 9001, RFC 9369)."""

from collections.abc import Sequence
from struct import pack
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

V1, V2, DRAFT_29, GREASED = 0x00000001, 0x6B3343CF, 0xFF00001D, 0x1A2A3A4A
SALTS: Final = {
    V1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    DRAFT_29: bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"),
    GREASED: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
}
_LEAST: Final = 1162
"""Bytes of the frames of a client's first packet, so that its datagram has 1,200 (RFC 9000 section 14.1)."""


class Initial(NamedTuple):
    """An Initial packet of a client."""

    frames: bytes
    destination: bytes = b"\x83\x94\xc8\xf0\x3e\x51\x57\x08"
    version: int = V1
    origin: bytes = b""
    """The connection id from which the keys follow, unless it is the destination."""
    token: bytes = b""
    number: int = 0

    def sealed(self) -> bytes:
        """Return the packet as it is sent."""
        key, iv, mask_key = _keys(self.version, self.origin or self.destination)
        frames = self.frames.ljust(_LEAST, b"\0")
        header = bytes((len(self.token),)) + self.token + pack(">HI", 0x4000 | (len(frames) + 20), self.number)
        header = long_header(0, self.destination, b"", self.version) + header
        nonce = (int.from_bytes(iv, "big") ^ self.number).to_bytes(12, "big")
        content = AESGCM(key).encrypt(nonce, frames, header)
        mask = _block(mask_key, content[:16])
        number = bytes(a ^ b for a, b in zip(header[-4:], mask[1:], strict=False))
        return bytes((header[0] ^ mask[0] & 15,)) + header[1:-4] + number + content


def long_header(kind: int, destination: bytes, source: bytes, version: int = V1) -> bytes:
    """Return a long header: 0 is Initial, 1 0-RTT, 2 Handshake, 3 Retry."""
    bits = (kind + (version == V2)) & 3
    ids = bytes((len(destination),)) + destination + bytes((len(source),)) + source
    return bytes((0xC3 | bits << 4,)) + pack(">I", version) + ids


def handshake(source: bytes, version: int = V1) -> bytes:
    """Return a Handshake packet of a server with that connection id."""
    return long_header(2, b"", source, version) + b"\x40\x20" + bytes(32)


def negotiation(*versions: int) -> bytes:
    return long_header(0, b"", b"12345678", 0) + pack(f">{len(versions)}I", *versions)


def retry(source: bytes) -> bytes:
    return long_header(3, b"", source) + b"a token and the integrity tag"


def short(destination: bytes, size: int = 40) -> bytes:
    return b"\x41" + destination + bytes(size)


def crypto(start: int, content: bytes) -> bytes:
    """Return a CRYPTO frame (RFC 9000 section 19.6)."""
    return b"\x06" + pack(">HH", 0x4000 | start, 0x4000 | len(content)) + content


def client_hello(name: bytes, protocols: Sequence[bytes] = (b"h3",), extra: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """Return a ClientHello (RFC 8446 section 4.1.2)."""
    listed = b"".join(_vector(1, protocol) for protocol in protocols)
    names = [(0, _vector(2, b"\0" + _vector(2, name)))] if name else []
    extensions = [*names, (16, _vector(2, listed)), (43, b"\2\3\4"), *extra]
    block = b"".join(pack(">H", kind) + _vector(2, content) for kind, content in extensions)
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + _vector(2, block)
    return b"\1" + _vector(3, body)


def _vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _keys(version: int, destination: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the key, the nonce's base and the key of the header's protection (RFC 9001 section 5.1)."""
    name = b"quicv2" if version == V2 else b"quic"
    client = _expanded(_hmac(SALTS[version], destination), b"client in", 32)
    return tuple(_expanded(client, name + b" " + use, size) for use, size in ((b"key", 16), (b"iv", 12), (b"hp", 16)))  # type: ignore[return-value]  # three


def _expanded(secret: bytes, label: bytes, size: int) -> bytes:
    return _hmac(secret, pack(">H", size) + _vector(1, b"tls13 " + label) + b"\0\1")[:size]


def _hmac(key: bytes, content: bytes) -> bytes:
    hmac = HMAC(key, SHA256())
    hmac.update(content)
    return hmac.finalize()


def _block(key: bytes, sample: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(sample)
