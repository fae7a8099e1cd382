"""Small ELF files with the machine code of a TLS library that logs secrets, as compilers write it."""

import struct

X86_64, AARCH64 = 62, 183
BASE = 0x400000
CODE = 0x1000
"""Where the code begins in the file."""
LABELS = 0x4000
LABEL_SIZE = 64
SIZE = 0x5000
FUNCTION = CODE + 0x100
"""Where the function begins that logs secrets."""
NAMES = (
    "CLIENT_RANDOM",
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
)


def place_of(label: str) -> int:
    """Where a label is in the file."""
    return LABELS + LABEL_SIZE * NAMES.index(label)


def elf(machine: int, parts: dict[int, bytes], end: bytes = b"\0") -> bytes:
    """Return a file with these parts, by offset, and the labels; all of it is loaded at `BASE`, as code."""
    image = bytearray(SIZE)
    struct.pack_into("<16sHHIQQQIHHH", image, 0, b"\x7fELF\x02\x01\x01", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1)
    struct.pack_into("<IIQQQQQQ", image, 64, 1, 5, 0, BASE, BASE, SIZE, SIZE, 0x1000)
    for name in NAMES:
        parts = {**parts, place_of(name): name.encode() + end}
    for offset, part in parts.items():
        image[offset : offset + len(part)] = part
    return bytes(image)


def x86_call(offset: int, label: str, target: int = FUNCTION) -> bytes:
    """lea rsi, [label]; mov rdi, rbx; call target"""
    lea = b"\x48\x8d\x35" + struct.pack("<i", place_of(label) - offset - 7)
    return lea + b"\x48\x89\xdf" + b"\xe8" + struct.pack("<i", target - offset - 15)


def x86_call_at_fixed_address(offset: int, label: str) -> bytes:
    """mov esi, label; call"""
    return b"\xbe" + struct.pack("<I", BASE + place_of(label)) + b"\xe8" + struct.pack("<i", FUNCTION - offset - 10)


def x86_function(random: int) -> bytes:
    """push rbx; lea rdx, [rdi + random]; mov ecx, 32; ret"""
    return b"\x53\x48\x8d\x97" + struct.pack("<I", random) + b"\xb9\x20\0\0\0\xc3"


def arm_call(offset: int, label: str) -> bytes:
    """adrp x1, page; add x1, x1, place in the page; bl"""
    pages = (place_of(label) >> 12) - (offset >> 12)
    adrp = 0x90000001 | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
    branch = 0x94000000 | (FUNCTION - offset - 8) // 4 & 0x3FFFFFF
    return struct.pack("<III", adrp, 0x91000021 | (place_of(label) & 0xFFF) << 10, branch)


def arm_function(random: int) -> bytes:
    """add x2, x0, random; ret"""
    return struct.pack("<II", 0x91000002 | random << 10, 0xD65F03C0)
