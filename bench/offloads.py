"""Turns off an interface's offloads, like `ethtool -K NAME tso off gso off gro off`: `python offloads.py NAME`.

Packets are then as long as on a network, not up to 64 KiB as within a host. Linux only, as root.
"""

import ctypes
import fcntl
import socket
import struct
import sys
from typing import Final

SIOCETHTOOL: Final = 0x8946  # from linux/sockios.h.
# from linux/ethtool.h.
SET_CHECKSUM_OF_SENT: Final = 0x17
SET_SEGMENTATION: Final = 0x1F
SET_GENERIC_SEGMENTATION: Final = 0x24
SET_GENERIC_RECEIVE: Final = 0x2C


def switch_off(interface: str, command: int) -> None:
    """Turn off one offload.

    Raises:
        OSError: the interface does not have it, or permission is denied.
    """
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(value)))


def main() -> None:
    """Turn off all offloads."""
    for command in (SET_CHECKSUM_OF_SENT, SET_SEGMENTATION, SET_GENERIC_SEGMENTATION, SET_GENERIC_RECEIVE):
        switch_off(sys.argv[1], command)


if __name__ == "__main__":
    main()
