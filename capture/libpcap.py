"""The two libpcap functions in use, through the binding in Scapy: compile a filter, run a filter.

Without libpcap, `compile_filter` raises `LibpcapMissing`; nothing else here needs it.
"""

import ctypes
import struct
from collections.abc import Callable
from typing import Any, Final

from capture.errors import BadFilter, LibpcapMissing
from traffic.frame import LINKTYPE_RAW

HOW_TO_GET_LIBPCAP: Final = "install libpcap, e.g. `apt install libpcap0.8` or `dnf install libpcap`"
_UNKNOWN_NETMASK: Final = -1
_INSTRUCTION_SIZE: Final = 8
_LIVE_RAW: Final = 12  # the value of LINKTYPE_RAW outside files


def _binding() -> Any:
    try:
        from scapy.libs import winpcapy
    except (ImportError, OSError, AttributeError) as reason:
        raise LibpcapMissing(f"filters need libpcap, which is not installed; {HOW_TO_GET_LIBPCAP}") from reason
    return winpcapy


def compile_filter(expression: str, link_type: int, snap_length: int = 262144) -> bytes:
    """Compile a filter expression to classic BPF: 8-byte instructions in the byte order of this machine.

    Raises:
        BadFilter: libpcap rejected the expression; the text gives its reason.
        LibpcapMissing: libpcap is not installed.
    """
    pcap = _binding()
    handle = pcap.pcap_open_dead(_LIVE_RAW if link_type == LINKTYPE_RAW else link_type, snap_length)
    program = pcap.bpf_program()
    try:
        text = expression.encode("utf-8", "surrogateescape")
        if pcap.pcap_compile(handle, ctypes.byref(program), text, 1, _UNKNOWN_NETMASK) < 0:
            reason = (pcap.pcap_geterr(handle) or b"").decode("utf-8", "replace")
            raise BadFilter(f"invalid filter {expression!r}: {' '.join(reason.split())}")
        code = ctypes.string_at(program.bf_insns, program.bf_len * _INSTRUCTION_SIZE)
        pcap.pcap_freecode(ctypes.byref(program))
    finally:
        pcap.pcap_close(handle)
    return code


def frame_filter(expression: str, link_type: int) -> Callable[[bytes], bool]:
    """Return a function that tells whether the bytes of a frame match the filter expression.

    Raises:
        BadFilter, LibpcapMissing: As in `compile_filter`.
    """
    code = compile_filter(expression, link_type)
    run = _binding()._lib.bpf_filter
    run.restype = ctypes.c_uint
    run.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint, ctypes.c_uint]

    def passes(data: bytes) -> bool:
        length = len(data)
        return bool(run(code, data, length, length))

    return passes


def instructions(code: bytes) -> list[tuple[int, int, int, int]]:
    """Return (code, jt, jf, k) of each instruction of a program."""
    return list(struct.iter_unpack("=HBBI", code))
