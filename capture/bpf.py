"""Adapts compiled filter programs (classic BPF) to Linux packet sockets.

A program is a list of instructions. Programs are joined by jumps, so each keeps the offsets it was compiled with.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from capture.libpcap import instructions

_RETURN: Final = 0x06
_RETURN_A: Final = 0x16
_JUMP: Final = 0x05
_JUMP_EQUAL: Final = 0x15
_LOAD_HALF: Final = 0x28
_LOAD_BYTE: Final = 0x30
# Loads with an absolute or relative offset, and the load of an IPv4 header length.
_LOADS: Final = frozenset((0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xB1))
_ABSOLUTE: Final = frozenset((0x20, 0x28, 0x30))

# Metadata of a frame, which Linux offers at offsets that no frame has (linux/filter.h).
_ANCILLARY: Final = 0xFFFFF000
_PROTOCOL, _PACKET_TYPE, _INTERFACE, _HARDWARE_TYPE = (_ANCILLARY + number for number in (0, 4, 8, 28))
_OUTGOING: Final = 4
_LOOPBACK: Final = 772
_COOKED_HEADER: Final = 20
# Fields of the cooked header (LINKTYPE_LINUX_SLL2) that the kernel offers as metadata.
_COOKED_FIELDS: Final = {0: _PROTOCOL, 4: _INTERFACE, 8: _HARDWARE_TYPE, 10: _PACKET_TYPE}


class Instruction(NamedTuple):
    """One instruction: opcode, jump if true, jump if false, operand."""

    code: int
    true: int
    false: int
    operand: int


Program = list[Instruction]


class NotForKernelError(ValueError):
    """The program reads something that a packet socket does not offer."""


def program(code: bytes) -> Program:
    """Decode a compiled filter."""
    return [Instruction(*fields) for fields in instructions(code)]


def encode(steps: Program) -> bytes:
    """Encode a program for the kernel."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def accept(length: int) -> Program:
    """Accept every frame, truncated to `length` bytes."""
    return [Instruction(_RETURN, 0, 0, length)]


def reject() -> Program:
    """Reject every frame."""
    return accept(0)


def all_of(programs: Sequence[Program], length: int) -> Program:
    """Accept frames that all of the programs accept, truncated to `length` bytes."""
    steps: Program = []
    for part in programs:
        for place, step in enumerate(part):
            if step.code == _RETURN_A:
                raise NotForKernelError("the program computes its result")
            taken = step.code == _RETURN and step.operand > 0
            steps.append(Instruction(_JUMP, 0, 0, len(part) - place - 1) if taken else step)
    return steps + accept(length)


def without_outgoing() -> Program:
    """Reject outgoing frames, because loopback shows each frame twice: outgoing and incoming."""
    return [
        Instruction(_LOAD_BYTE, 0, 0, _PACKET_TYPE),
        Instruction(_JUMP_EQUAL, 0, 1, _OUTGOING),
        *reject(),
        *accept(1),
    ]


def without_outgoing_loopback() -> Program:
    """Reject outgoing loopback frames, for a socket on all interfaces: only loopback shows frames twice."""
    return [
        Instruction(_LOAD_BYTE, 0, 0, _PACKET_TYPE),
        Instruction(_JUMP_EQUAL, 0, 3, _OUTGOING),
        Instruction(_LOAD_HALF, 0, 0, _HARDWARE_TYPE),
        Instruction(_JUMP_EQUAL, 0, 1, _LOOPBACK),
        *reject(),
        *accept(1),
    ]


def for_cooked_socket(steps: Program) -> Program:
    """Adapt a program for cooked frames to a socket whose frames start at the network layer.

    Raises:
        NotForKernelError: It reads a part of the cooked header that the kernel does not offer.
    """
    return [_uncooked(step) if step.code in _LOADS else step for step in steps]


def _uncooked(step: Instruction) -> Instruction:
    if step.operand >= _COOKED_HEADER:
        return step._replace(operand=step.operand - _COOKED_HEADER)
    if step.code in _ABSOLUTE and step.operand in _COOKED_FIELDS:
        return step._replace(operand=_COOKED_FIELDS[step.operand])
    raise NotForKernelError(f"the program reads byte {step.operand} of the link layer")
