"""Writes frames to a pcapng file (draft-ietf-opsawg-pcapng), with comments, and with keys if they are wanted."""

import os
import struct
from collections.abc import Iterable
from typing import Final, Protocol

from capture.packet_output import FULL, OpenFile, PacketOutput
from capture.pcapng_blocks import (
    COMMENT,
    INTERFACE,
    ORDER_MAGIC,
    PACKET,
    RESOLUTION,
    SECRETS,
    SECTION,
    TLS_KEYS,
)
from capture.writer import SNAP_LENGTH, PcapWriter
from traffic.frame import Frame

LONGEST_COMMENT: Final = 2**12
"""Maximum bytes of a comment."""
SUFFIX: Final = ".pcapng"
_APPLICATION: Final = 4
_NAME: Final = b"http-monitor"
_NANOSECONDS: Final = bytes([9])
_VERSION: Final = struct.pack("<IHHq", ORDER_MAGIC, 1, 0, -1)
_PACKET_HEADER: Final = struct.Struct("<5I")
_WORD: Final = struct.Struct("<I")


class FrameWriter(Protocol):
    """A file of packets being written."""

    @property
    def name(self) -> str:
        """The file, as given by the user."""

    @property
    def skipped(self) -> int:
        """Number of frames that it had no place for."""

    def write(self, frames: Iterable[Frame]) -> None:
        """Add frames.

        Raises:
            CaptureError: Writing failed. The file ends with a complete record and accepts no more.
            NobodyReads: It is standard output, and its reader is gone.
        """

    def add_secrets(self, lines: bytes) -> None:
        """Add lines of a key log, if they are wanted, before the packets that follow.

        Raises:
            CaptureError: As in `write`.
        """

    def flush(self) -> None:
        """Write everything to the file.

        Raises:
            CaptureError: As in `write`.
        """

    def close(self) -> None:
        """Flush and close. Closing twice is harmless.

        Raises:
            CaptureError: As in `write`.
        """


class PcapngWriter:
    """A pcapng file being written. Each link type gets an interface when its first frame arrives."""

    skipped: Final = 0

    def __init__(
        self, path: str, comment: str = "", open_file: OpenFile = os.open, *, embeds_keys: bool = False
    ) -> None:
        """Create `path` with `open_file`. `comment` is about the whole file.

        Raises:
            CaptureError: The file cannot be created, or it is to have keys and others can read it.
        """
        self._output = PacketOutput(path, open_file, private=embeds_keys)
        self.name = self._output.name
        self._embeds_keys = embeds_keys
        self._interfaces: dict[int, int] = {}
        options = _option(_APPLICATION, _NAME) + _comment(comment)
        self._output.pending += _block(SECTION, _VERSION, options)

    def write(self, frames: Iterable[Frame]) -> None:
        """Add frames; they are written in large pieces.

        Raises:
            CaptureError: Writing failed, as on a full disk. The file ends with a complete block and accepts no more.
        """
        for frame in frames:
            self.write_one(frame)

    def write_one(self, frame: Frame, comment: str = "") -> None:
        """Add a frame with a comment, which is cut at `LONGEST_COMMENT` bytes.

        Raises:
            CaptureError: As in `write`.
        """
        time, link_type, data, length = frame
        interface = self._interfaces.get(link_type)
        if interface is None:
            interface = self._add_interface(link_type)
        seconds = int(time // 1)
        ticks = seconds * 10**9 + round((time - seconds) * 1e9)
        data = data[:SNAP_LENGTH]
        header = _PACKET_HEADER.pack(interface, ticks >> 32 & 0xFFFFFFFF, ticks & 0xFFFFFFFF, len(data), length)
        pending = self._output.pending
        pending += _block(PACKET, header + data, _comment(comment))
        if len(pending) >= FULL:
            self._output.flush()

    def add_secrets(self, lines: bytes) -> None:
        """Write lines of a key log, before the packets that follow, if this file is to have keys.

        Raises:
            CaptureError: As in `write`.
        """
        if not self._embeds_keys:
            return
        self._output.pending += _block(SECRETS, struct.pack("<II", TLS_KEYS, len(lines)) + lines)
        if len(self._output.pending) >= FULL:
            self._output.flush()

    def flush(self) -> None:
        """Write everything to the file.

        Raises:
            CaptureError: As in `write`.
        """
        self._output.flush()

    def close(self) -> None:
        """Flush and close. Closing twice is harmless.

        Raises:
            CaptureError: As in `write`.
        """
        self._output.close()

    def _add_interface(self, link_type: int) -> int:
        number = self._interfaces[link_type] = len(self._interfaces)
        body = struct.pack("<HHI", link_type, 0, SNAP_LENGTH)
        self._output.pending += _block(INTERFACE, body, _option(RESOLUTION, _NANOSECONDS))
        return number


def frame_writer(path: str, open_file: OpenFile, *, embeds_keys: bool) -> FrameWriter:
    """Create a file of the format that its name asks for: pcapng if it ends in `.pcapng`, otherwise pcap.

    Raises:
        CaptureError: The file cannot be created.
    """
    if path.lower().endswith(SUFFIX):
        return PcapngWriter(path, open_file=open_file, embeds_keys=embeds_keys)
    return PcapWriter(path, open_file=open_file)


def _block(kind: int, body: bytes, options: bytes = b"") -> bytes:
    """Return a block; `options` have no end yet."""
    if options:
        options += bytes(4)
    padding = bytes(-len(body) % 4)
    length = _WORD.pack(12 + len(body) + len(padding) + len(options))
    return b"".join((_WORD.pack(kind), length, body, padding, options, length))


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _comment(text: str) -> bytes:
    """Return the option for a comment, cut between characters; nothing for an empty one."""
    value = text.encode("utf-8", "replace")[:LONGEST_COMMENT].decode("utf-8", "ignore").encode()
    return _option(COMMENT, value) if value else b""
