"""Enters a private network, in which the demo can be captured without root if the kernel allows it."""

import ctypes
import os
import socket
import struct
import sys
from typing import Final

from demo.errors import DemoError

LOOPBACK: Final = "lo" if sys.platform.startswith("linux") else "lo0"
"""The interface to monitor."""
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h
CAP_NET_RAW = 13  # linux/capability.h


def enter_private_network() -> bool:
    """Move into our own network namespace with its loopback up, if we may not capture here.

    The outer network cannot be reached from it. Call this before starting a thread, and before importing Scapy, which
    keeps a list of interfaces.

    Returns:
        Whether we moved: False if we may capture here, or the system has no namespaces.

    Raises:
        DemoError: the kernel refused. The process may be in a network without loopback, and should end.
    """
    if not sys.platform.startswith("linux") or _may_capture():
        return False
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        _write("/proc/self/setgroups", "deny")  # gid_map needs it: user_namespaces(7)
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        _bring_up(LOOPBACK)
    except OSError as error:
        raise DemoError(
            f"no permission to capture, and the kernel refused a private network ({error.strerror}); use sudo"
        ) from error
    return True


def _may_capture() -> bool:
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_NET_RAW & 1)


def _unshare(flags: int) -> None:
    if sys.version_info >= (3, 12):
        os.unshare(flags)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _bring_up(interface: str) -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", interface.encode(), 0)  # struct ifreq: name, flags
        flags = struct.unpack_from("H", fcntl.ioctl(sock, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", interface.encode(), flags | IFF_UP))
