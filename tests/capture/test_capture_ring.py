"""Each reader of ring blocks restores what the kernel removed from frames, and its decoder decodes them."""

from collections.abc import Callable

import pytest
from capture_helpers import web
from decoders import decoder, fed, used
from ring_blocks import Record, block, cooked_frame, cooked_header, of_wire
from wire import Talk, get, ok

import capture.block
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, Frame
from traffic.records import Record as Decoded
from traffic.records import Request

pytestmark = pytest.mark.usefixtures("each_decoder", "reader")

TALK = (
    Talk(step=2**-9).client(get("/1") + get("/2")).server(ok(b"a" * 3000) + ok()).close().frames
)  # times that a nanosecond clock has
TAG, OUTER = b"\x81\x00\x20\x07", b"\x88\xa8\x00\x09"
"""The first one has a priority besides its VLAN id."""


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the reader that belongs to the decoder."""
    if used() == "reference":
        monkeypatch.setattr(capture.block, "CORE", None)


def tagged(frame: Frame, *tags: bytes) -> Frame:
    """Insert tags after the addresses of a frame."""
    added = b"".join(tags)
    return frame._replace(data=frame.data[:12] + added + frame.data[12:], length=frame.length + len(added))


def read(records: list[Record], link_type: int = LINKTYPE_ETHERNET) -> list[Frame]:
    return list(capture.block.frames(block(records), link_type))


def decoded(frames: list[Frame]) -> list[Decoded]:
    return fed(decoder(), frames)


WIRES: dict[str, Callable[[Frame], Frame]] = {
    "no tag": lambda frame: frame,
    "a tag": lambda frame: tagged(frame, TAG),
    "two tags": lambda frame: tagged(frame, OUTER, TAG),
}


@pytest.mark.parametrize("wire", WIRES)
def test_ethernet_frames_are_as_on_the_wire(wire: str) -> None:
    frames = [WIRES[wire](frame) for frame in TALK]
    assert read([of_wire(frame) for frame in frames]) == frames


@pytest.mark.parametrize("wire", WIRES)
def test_cooked_frames_have_a_header_built_from_their_address(wire: str) -> None:
    frames = [WIRES[wire](frame) for frame in TALK]
    found = read([of_wire(frame, cooked=True) for frame in frames], LINKTYPE_LINUX_SLL2)
    assert found == [cooked_frame(frame) for frame in frames]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("cooked", [False, True])
def test_the_records_are_those_of_plain_frames(wire: str, cooked: bool) -> None:
    link_type = LINKTYPE_LINUX_SLL2 if cooked else LINKTYPE_ETHERNET
    found = decoded(read([of_wire(WIRES[wire](frame), cooked) for frame in TALK], link_type))
    assert found == decoded(TALK)
    assert [record.target for record in found if isinstance(record, Request)] == ["/1", "/2"]


def test_tagged_and_untagged_frames_may_be_mixed() -> None:
    frames = [tagged(frame, TAG) if number % 3 == 1 else frame for number, frame in enumerate(TALK)]
    assert read([of_wire(frame) for frame in frames]) == frames


def test_a_tag_without_a_protocol_is_a_vlan_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ring_blocks.TPID_VALID", 0)
    frame = tagged(TALK[0], OUTER)
    assert read([of_wire(frame)]) == [tagged(TALK[0], b"\x81\x00\x00\x09")]


@pytest.mark.parametrize("size", [0, 5, 12, 13, 200])
def test_a_truncated_frame_keeps_its_length(size: int) -> None:
    whole = of_wire(tagged(TALK[3], TAG))
    (frame, following) = read([whole._replace(data=whole.data[:size]), of_wire(TALK[4])])
    assert frame.data == whole.data[: min(size, 12)] + TAG + whole.data[12:size]
    assert frame.length == TALK[3].length + 4
    assert following == TALK[4]


def test_a_truncated_cooked_frame_has_a_complete_header() -> None:
    (frame,) = read([of_wire(TALK[3], cooked=True)._replace(data=b"")], LINKTYPE_LINUX_SLL2)
    assert (frame.data, frame.length) == (cooked_header(b"\x08\x00"), TALK[3].length - 14 + 20)


def test_headers_fit_where_the_kernel_leaves_least_room() -> None:
    records = [of_wire(tagged(frame, TAG), cooked=True)._replace(offset=68) for frame in TALK]
    assert read(records, LINKTYPE_LINUX_SLL2) == [cooked_frame(tagged(frame, TAG)) for frame in TALK]


def test_the_block_itself_is_not_modified() -> None:
    memory = bytearray(block([of_wire(tagged(frame, TAG)) for frame in TALK]))
    before = bytes(memory)
    with memoryview(memory) as view:
        frames = capture.block.frames(view, LINKTYPE_ETHERNET)
    memory[:] = bytes(len(memory))  # the kernel reuses the block
    assert list(frames) == list(capture.block.frames(before, LINKTYPE_ETHERNET))


def test_a_block_ends_before_an_invalid_record() -> None:
    bad = of_wire(Frame(1.0, LINKTYPE_ETHERNET, web(), len(web())))._replace(offset=60)
    assert read([of_wire(TALK[0]), bad, of_wire(TALK[1])]) == TALK[:1]


def test_a_vlan_and_its_trunk_show_each_exchange_once_on_any() -> None:
    """The frames of a VLAN occur twice: untagged on its own interface, and tagged on the trunk."""
    copies = [of_wire(copy, cooked=True) for frame in TALK for copy in (frame, tagged(frame, TAG))]
    assert decoded(read(copies, LINKTYPE_LINUX_SLL2)) == decoded(TALK)
