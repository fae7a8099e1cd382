"""The function that logs secrets is found in the bytes of a file, with nothing but its two labels to go by."""

import shutil
import struct
from pathlib import Path

import elf_files
import pytest
from elf_files import AARCH64, CODE, FUNCTION, NAMES, X86_64, elf, place_of

from capture.keys.log_function import WANTED, LogFunction, find
from capture.keys.machine_code import BORINGSSL, MACHINES, OPENSSL_1_1_1, OPENSSL_3_0, OPENSSL_3_2, Layout, Machine

TLS_1_2, TLS_1_3 = CODE + 0x1000, CODE + 0x2000
X86, ARM = MACHINES["x86_64"], MACHINES["aarch64"]


def x86(function: bytes, **more: bytes) -> bytes:
    """A library with one call for each version of TLS."""
    calls = {at: elf_files.x86_call(at, label) for at, label in ((TLS_1_2, NAMES[0]), (TLS_1_3, NAMES[-1]))}
    return elf(X86_64, {FUNCTION: function, **calls, **{int(at, 16): part for at, part in more.items()}})


def arm(function: bytes) -> bytes:
    calls = {at: elf_files.arm_call(at, label) for at, label in ((TLS_1_2, NAMES[0]), (TLS_1_3, NAMES[-1]))}
    return elf(AARCH64, {FUNCTION: function, **calls})


def found(image: bytes, machine: Machine) -> LogFunction:
    function = find(image, machine)
    assert function is not None
    return function


@pytest.mark.parametrize(
    ("image", "machine", "layout", "distance_to_call"),
    [
        (x86(elf_files.x86_function(0x160)), X86, OPENSSL_3_0, 10),
        (x86(elf_files.x86_function(0x188)), X86, OPENSSL_3_2, 10),
        (x86(bytes.fromhex("488b87a8000000 4805b8000000 c3")), X86, OPENSSL_1_1_1, 10),
        (x86(bytes.fromhex("488b4768 488b4530 488d7030 c3")), X86, BORINGSSL, 10),
        (arm(elf_files.arm_function(0x160)), ARM, OPENSSL_3_0, 8),
        (arm(elf_files.arm_function(0x188)), ARM, OPENSSL_3_2, 8),
        (arm(struct.pack("<II", 0xF9405400, 0x9102E000)), ARM, OPENSSL_1_1_1, 8),
        (arm(struct.pack("<III", 0xF9403400, 0xF9401801, 0x9100C021)), ARM, BORINGSSL, 8),
    ],
)
def test_calls_and_layout(image: bytes, machine: Machine, layout: Layout, distance_to_call: int) -> None:
    function = found(image, machine)
    assert function.layout == layout
    assert [call.offset for call in function.calls] == [TLS_1_2 + distance_to_call, TLS_1_3 + distance_to_call]


def test_labels_by_their_distance_from_each_call() -> None:
    for call in found(x86(elf_files.x86_function(0x160)), X86).calls:
        assert call.labels == {place_of(name) - call.offset: name for name in NAMES}


def test_program_that_is_always_at_the_same_address() -> None:
    calls = {
        at: elf_files.x86_call_at_fixed_address(at, label) for at, label in ((TLS_1_2, NAMES[0]), (TLS_1_3, NAMES[-1]))
    }
    image = elf(X86_64, {FUNCTION: elf_files.x86_function(0x160), **calls})
    assert [call.offset for call in found(image, X86).calls] == [TLS_1_2 + 5, TLS_1_3 + 5]


GO = b"\xff Go buildinf:"
GO_PLACES = {CODE + 0x1000 + 0x100 * index: NAMES[index] for index in (0, 2, 5)}


def go(*more: int) -> bytes:
    """A program in Go, in which labels do not end with a zero; more jumps to the function are at these places."""
    calls = {at: elf_files.x86_call(at, label) for at, label in GO_PLACES.items()}
    jumps = {at: b"\xe9" + struct.pack("<i", FUNCTION - at - 5) for at in more}
    return elf(X86_64, {200: GO, FUNCTION: b"\xc3", **calls, **jumps}, end=b"and another text")


def test_program_in_go() -> None:
    function = found(go(), X86)
    assert function.family == "go"
    assert [call.offset for call in function.calls] == [at + 10 for at in GO_PLACES]


def test_jump_back_after_the_stack_has_grown_is_no_call() -> None:
    """It is at the end of each function in Go. The arguments are those of the first time."""
    assert found(go(FUNCTION + 0x200), X86) == found(go(), X86)


def test_call_without_a_label_near_it_is_doubtful_so_the_function_is_probed() -> None:
    """Its bytes may be parts of other instructions. Both labels are far behind it."""
    parts = {
        at: elf_files.x86_call(at, name) for at, name in ((TLS_1_2 + 0x800, NAMES[0]), (TLS_1_3 + 0x800, NAMES[-1]))
    }
    lone = CODE + 0x10
    call = b"\xe8" + struct.pack("<i", FUNCTION - lone - 5)
    image = elf(X86_64, {FUNCTION: elf_files.x86_function(0x160), lone: call, **parts})
    assert [call.offset for call in found(image, X86).calls] == [FUNCTION]


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(x86(elf_files.x86_function(0x170)), id="unknown layout"),
        pytest.param(x86(elf_files.x86_function(0x160) + elf_files.x86_function(0x188)), id="two layouts"),
        pytest.param(elf(X86_64, {FUNCTION: elf_files.x86_function(0x160)}), id="never called"),
        pytest.param(
            elf(X86_64, {FUNCTION: elf_files.x86_function(0x160), TLS_1_2: elf_files.x86_call(TLS_1_2, NAMES[0])}),
            id="called with one label",
        ),
        pytest.param(arm(elf_files.arm_function(0x160)), id="another processor"),
        pytest.param(b"#!/bin/sh\n" * 100, id="no ELF file"),
        pytest.param(b"", id="empty"),
    ],
)
def test_nothing_is_found(image: bytes) -> None:
    assert find(image, X86) is None


def test_two_functions_are_one_too_many() -> None:
    second = CODE + 0x300
    parts = {at: elf_files.x86_call(at, name, second) for at, name in ((0x2100, NAMES[0]), (0x3100, NAMES[-1]))}
    image = x86(elf_files.x86_function(0x160), **{f"{at:x}": part for at, part in parts.items()})
    assert find(image, X86) is not None
    image = image[:second] + elf_files.x86_function(0x160) + image[second + 14 :]
    assert find(image, X86) is None


@pytest.mark.parametrize(("image", "machine"), [(x86(b"\xc3"), X86), (arm(b"\xc0\x03\x5f\xd6"), ARM)])
def test_truncated_anywhere(image: bytes, machine: Machine) -> None:
    for size in [*range(200), *range(200, len(image), 61)]:
        assert find(image[:size], machine) is None


def test_header_with_any_byte_changed() -> None:
    image = x86(elf_files.x86_function(0x160))
    for index in range(64 + 56):
        for byte in (0, 0x7F, 0xFF):
            find(image[:index] + bytes([byte]) + image[index + 1 :], X86)  # whatever it finds, it raises nothing


def system_library() -> Path:
    libraries = sorted(Path("/usr/lib").glob("x86_64-linux-gnu/libssl.so.3"))
    if not libraries:
        pytest.skip("not installed: OpenSSL 3 for x86-64")
    return libraries[0]


def test_library_of_this_system() -> None:
    """OpenSSL calls it for the secrets of TLS 1.3 in tls13_enc.c, and for that of TLS 1.2."""
    image = system_library().read_bytes()
    function = found(image, X86)
    assert function.layout in (OPENSSL_3_0, OPENSSL_3_2)
    assert len(function.calls) >= 3
    assert all(image[call.offset] in (0xE8, 0xE9) for call in function.calls)
    assert all(WANTED.issubset(call.labels.values()) for call in function.calls)


def test_library_that_was_damaged() -> None:
    image = bytearray(system_library().read_bytes())
    place = image.index(b"\0CLIENT_RANDOM\0")
    image[place + 1] ^= 1
    assert find(bytes(image), X86) is None


@pytest.mark.parametrize(("program", "family"), [("node", "c"), ("promtool", "go"), ("go", "go")])
def test_program_with_its_own_copy(program: str, family: str) -> None:
    path = shutil.which(program)
    image = Path(path).resolve().read_bytes() if path is not None else b""
    if b"CLIENT_HANDSHAKE_TRAFFIC_SECRET" not in image or image[18] != X86_64:
        pytest.skip(f"no {program} with TLS inside for x86-64")
    assert found(image, X86).family == family
