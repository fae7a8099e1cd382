"""What is read from machine code: where an address is loaded, which functions are called after that, what calls a
function, and where a function finds the client random of a connection.

Nothing is disassembled: each is a pattern of bytes.
"""

import re
import struct
from collections.abc import Callable, Iterator, Set
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Code: TypeAlias = memoryview
Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint32]
Indexes: TypeAlias = npt.NDArray[np.int64]
_BLOCK: Final = 2**24
"""Bytes of code that are searched at a time."""
_AFTER: Final = 64
"""Bytes of code after an argument was loaded within which the call is expected."""


class Layout(NamedTuple):
    """Where the client random is in a connection."""

    pointer: int
    """Offset of the pointer to the structure that has it; 0 if the connection itself has it."""
    offset: int
    """Offset in that structure, in bytes."""


class Reference(NamedTuple):
    """An instruction that loads an address into a register."""

    target: int
    """The address."""
    end: int
    """Index of the next instruction."""


class Machine(NamedTuple):
    """A kind of processor. Indexes count from the start of the code, which is loaded at an address."""

    elf_number: int
    references: Callable[[Code, int, Set[int]], Iterator[Reference]]
    """(code, address of the code, wanted targets)"""
    called_after: Callable[[Code, int], Iterator[int]]
    """(code, index): the indexes of the functions that may be called shortly after the index."""
    callers: Callable[[Code, int], Iterator[int]]
    """(code, index of a function): the indexes of the instructions that call it, or jump to it."""
    layouts: tuple[tuple[re.Pattern[bytes], Layout], ...]
    """What the code of a function that reads the client random has, for each layout."""

    def layout(self, function: Code) -> Layout | None:
        """Return the layout of which the function's code has the offsets; None unless it is exactly one."""
        fitting = [layout for pattern, layout in self.layouts if pattern.search(function)]
        return fitting[0] if len(fitting) == 1 else None


HERE: Final = Layout(0, 0)
"""A pointer to the client random itself."""
OPENSSL_1_1_1: Final = Layout(0xA8, 0xB8)
OPENSSL_3_0: Final = Layout(0, 0x160)  # and 3.1
OPENSSL_3_2: Final = Layout(0, 0x188)  # and later, 4.0 as well
BORINGSSL: Final = Layout(0x30, 0x30)


def _number(code: Code, index: int) -> int:
    (number,) = struct.unpack_from("<i", code, index)
    return int(number)


# x86-64 ---------------------------------------------------------------------------------------------------------------

_CALL, _JUMP = 0xE8, 0xE9  # and 32 bits
_MOV: Final = 0xB8  # or register, and 32 bits


def _x86_references(code: Code, address: int, targets: Set[int]) -> Iterator[Reference]:
    """`lea register, [rip + 32 bits]`, or `mov register, 32 bits` in programs that are always at the same address."""
    wanted = np.array([*targets], np.int64)
    for begin, block in _blocks(code, 6):
        is_lea = ((block[:-6] | 4) == 0x4C) & (block[1:-5] == 0x8D) & ((block[2:-4] & 0xC7) == 5)
        ends, reached = _reached(block, np.flatnonzero(is_lea), 7)
        for at in np.flatnonzero(np.isin(reached + (address + begin), wanted)):
            yield Reference(int(reached[at]) + address + begin, int(ends[at]) + begin)
    for target in (target for target in targets if target < 2**32):
        for match in re.finditer(re.escape(struct.pack("<I", target)), code):
            if code[match.start() - 1] & 0xF8 == _MOV:
                yield Reference(target, match.end())


def _x86_called_after(code: Code, index: int) -> Iterator[int]:
    """Any byte may be the start of a call or of a jump: what is none leads to no function that both labels have."""
    for at in range(index, min(index + _AFTER, len(code) - 4)):
        if code[at] in (_CALL, _JUMP):
            yield at + 5 + _number(code, at + 1)


def _x86_callers(code: Code, function: int) -> Iterator[int]:
    for begin, block in _blocks(code, 4):
        ends, reached = _reached(block, np.flatnonzero((block[:-4] == _CALL) | (block[:-4] == _JUMP)), 5)
        yield from (int(end) - 5 + begin for end in ends[reached + begin == function])


def _blocks(code: Code, more: int) -> Iterator[tuple[int, Bytes]]:
    """Yield (index, bytes) of each block with so many bytes of the next one."""
    for begin in range(0, len(code) - more, _BLOCK):
        yield begin, np.frombuffer(code, np.uint8, min(_BLOCK + more, len(code) - begin), begin)


def _reached(block: Bytes, found: Indexes, size: int) -> tuple[Indexes, Indexes]:
    """Return the ends of the instructions of this size, and what the 32 bits at their ends lead to."""
    ends = found + size
    distances = block[ends[:, None] - np.arange(4, 0, -1)].view("<i4").reshape(-1)
    return ends, ends + distances


def _pattern(*parts: bytes) -> re.Pattern[bytes]:
    """These bytes in this order, whatever is between them."""
    return re.compile(b".*?".join(parts), re.DOTALL)


X86_64: Final = Machine(
    elf_number=62,
    references=_x86_references,
    called_after=_x86_called_after,
    callers=_x86_callers,
    layouts=(
        (_pattern(rb"\x88\x01\0\0"), OPENSSL_3_2),
        (_pattern(rb"\x60\x01\0\0"), OPENSSL_3_0),
        (_pattern(rb"\xa8\0\0\0", rb"\xb8\0\0\0"), OPENSSL_1_1_1),
        # mov rax, [rdi + 0x68] (its SSL_CTX); mov r, [r + 0x30]; lea r, [r + 0x30] or movzx r, byte [r + 0x30]
        (_pattern(rb"\x48\x8b\x47\x68", rb"\x8b[\x40-\x7f]\x30", rb"(\x8d[\x40-\x7f]|\x0f\xb6..?)\x30"), BORINGSSL),
    ),
)

# aarch64 --------------------------------------------------------------------------------------------------------------

_ADRP: Final = 0x90000000
_ADD: Final = 0x91000000
_LDR: Final = 0xF9400000
_B, _BL = 0x14000000, 0x94000000
_PAGE: Final = 4096
_DISTANCE: Final = 12
"""Instructions before an `add` among which its `adrp` is expected."""
_BRANCH: Final = 0xFC000000
"""The bits that make a branch of a word."""


def _arm_references(code: Code, address: int, targets: Set[int]) -> Iterator[Reference]:
    """`adrp` loads the target's page, and `add` adds its place in the page, to the same register or into another."""
    for begin, words in _words(code):
        without_registers = words & 0xFFFFFC00
        for target in targets:
            adds = np.flatnonzero(without_registers == _ADD | (target & 0xFFF) << 10)
            pages = _pages(words, adds, address + begin)
            yield from (Reference(target, begin + 4 * int(at) + 4) for at in adds[pages == target >> 12])


def _pages(words: Words, adds: Indexes, address: int) -> Indexes:
    """Return the page that the last `adrp` before each `add` loads to its register; -1 if there is none near."""
    registers = words[adds] >> 5 & 31
    pages = np.full(adds.size, -1)
    for distance in range(_DISTANCE, 0, -1):
        places = np.maximum(adds - distance, 0)
        found = words[places].astype(np.int64)
        number = (found >> 5 & 0x7FFFF) << 2 | found >> 29 & 3
        is_page = (found & 0x9F00001F) == (registers | _ADRP)
        own = (places * 4 + address) >> 12
        pages = np.where(is_page, own + (number ^ 0x100000) - 0x100000, pages)
    return pages


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def _arm_called_after(code: Code, index: int) -> Iterator[int]:
    for at in range(index, min(index + _AFTER, len(code) - 3), 4):
        word = _number(code, at) & 0xFFFFFFFF
        if word & _BRANCH in (_B, _BL):
            yield at + 4 * _signed(word & 0x3FFFFFF, 26)


def _arm_callers(code: Code, function: int) -> Iterator[int]:
    for begin, words in _words(code):
        found = np.flatnonzero((words & (_BRANCH & ~(_B ^ _BL))) == _B)
        distances = (words[found] << 6).view(np.int32) >> 6  # the lower 26 bits, with their sign
        yield from (begin + 4 * int(at) for at in found[begin + 4 * (found + distances) == function])


def _words(code: Code) -> Iterator[tuple[int, Words]]:
    """Yield (index, instructions) of each block, with a page of the previous one."""
    for end in range(_BLOCK, len(code) + _BLOCK, _BLOCK):
        begin = max(end - _BLOCK - _PAGE, 0)
        yield begin, np.frombuffer(code, np.dtype("<u4"), (min(end, len(code)) - begin) // 4, begin)


def _word(instruction: int, number: int) -> bytes:
    """The pattern of the instruction with this number, and any registers."""
    _, second, third, fourth = struct.pack("<I", instruction | number << 10)
    seconds = b"".join(re.escape(bytes([second | register])) for register in range(4))
    return b"[\\x00-\\xff][%s]%s" % (seconds, re.escape(bytes([third, fourth])))


AARCH64: Final = Machine(
    elf_number=183,
    references=_arm_references,
    called_after=_arm_called_after,
    callers=_arm_callers,
    layouts=(
        (_pattern(_word(_ADD, 0x188)), OPENSSL_3_2),
        (_pattern(_word(_ADD, 0x160)), OPENSSL_3_0),
        (_pattern(_word(_LDR, 0xA8 // 8), _word(_ADD, 0xB8)), OPENSSL_1_1_1),
        (_pattern(_word(_LDR, 0x68 // 8), _word(_LDR, 0x30 // 8), _word(_ADD, 0x30)), BORINGSSL),
    ),
)

MACHINES: Final = {"x86_64": X86_64, "aarch64": AARCH64}
"""By the name that `platform.machine()` has for them."""
