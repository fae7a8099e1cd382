"""Turns the offloads of an interface off, as `ethtool -K NAME tso off gso off gro off` does: `python offloads.py NAME`.

So that packets are as long as on a network, not up to 64 KiB as inside a host. Linux only, as root.
"""

import ctypes
import fcntl
import socket
import struct
import sys
from typing import Final

SIOCETHTOOL: Final = 0x8946  # linux/sockios.h
# linux/ethtool.h
SET_CHECKSUM_OF_SENT: Final = 0x17
SET_SEGMENTATION: Final = 0x1F
SET_GENERIC_SEGMENTATION: Final = 0x24
SET_GENERIC_RECEIVE: Final = 0x2C


def switch_off(interface: str, command: int) -> None:
    """One of them.

    Raises:
        OSError: the interface does not have it, or we may not.
    """
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(value)))


def main() -> None:
    """All of them."""
    for command in (SET_CHECKSUM_OF_SENT, SET_SEGMENTATION, SET_GENERIC_SEGMENTATION, SET_GENERIC_RECEIVE):
        switch_off(sys.argv[1], command)


if __name__ == "__main__":
    main()
