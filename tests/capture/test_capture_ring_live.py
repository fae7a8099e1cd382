"""A tagged conversation on a wire, captured with a ring and decoded by each decoder: on the trunk and on `any`."""

from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from capture_helpers import inject, read_until_idle
from decoders import decoder, fed, used
from wire import Talk, get, ok

import capture.block
from capture.open import open_live
from capture.ports import parse_ports
from traffic.frame import Frame
from traffic.health import Health
from traffic.records import Exchange

pytest_plugins = ["own_network"]
pytestmark = pytest.mark.usefixtures("each_decoder")

OwnNetwork = Callable[[Callable[[], Any]], None]
TAG, OUTER = b"\x81\x00\x00\x07", b"\x88\xa8\x00\x09"
ANSWERS = (("a", 200), ("b", 404))
WIRES = {"no tag": b"", "a tag": TAG, "two tags": OUTER + TAG}


def conversations() -> list[Talk]:
    """Build several concurrent connections with two requests each."""
    talks = [Talk(client_port=40000 + number, segment_size=1400) for number in range(20)]
    for number, talk in enumerate(talks):
        talk.client(get(f"/{number}/a")).server(ok(bytes(3000)))
        talk.client(get(f"/{number}/b")).server(ok(status=404)).close()
    return talks


def watched(interface: str, sent: list[bytes], monkeypatch: pytest.MonkeyPatch) -> tuple[list[Frame], Any]:
    """Return the frames that a ring captures on the interface, and the decoder that was fed with them."""
    if used() == "reference":
        monkeypatch.setattr(capture.block, "CORE", None)
    source, _ = open_live(interface, parse_ports("80"), "", 8)
    inject("veth1", sent)
    frames = read_until_idle(source)
    source.close()
    return frames, decoder()


def exchanges(records: list[Any]) -> Counter[tuple[str, int | None]]:
    found = [record for record in records if isinstance(record, Exchange)]
    return Counter((exchange.request.target, exchange.status) for exchange in found if exchange.request)


# Two tags on `any` are left out: of an incoming frame, Linux up to at least 6.11 removes only the outer tag, and names
# the protocol after both.
@pytest.mark.parametrize(
    ("interface", "wire"),
    [("veth0", "no tag"), ("veth0", "a tag"), ("veth0", "two tags"), ("any", "no tag"), ("any", "a tag")],
)
def test_each_request_is_seen_once(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch, interface: str, wire: str
) -> None:
    def story() -> None:
        tags = WIRES[wire]
        lines = zip(*(talk.frames for talk in conversations()), strict=True)
        sent = [frame.data[:12] + tags + frame.data[12:] for frame in chain.from_iterable(lines)]
        frames, decoder = watched(interface, sent, monkeypatch)
        assert len(frames) == len(sent) * (2 if interface == "any" else 1)  # `any` sees both ends of the pair
        seen = exchanges(fed(decoder, frames))
        assert seen == Counter((f"/{number}/{name}", status) for number in range(20) for name, status in ANSWERS)
        health: Health = decoder.health
        assert (health.frames, health.gaps, health.oddities.total()) == (len(frames), 0, 0)
        assert not decoder.faults()

    own_network(story)
