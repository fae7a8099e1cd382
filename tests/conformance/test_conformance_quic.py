"""The core tells the QUIC connections that tshark and Zeek see in the captures of the corpus."""

from collections import Counter

import conformance_quic as quic
import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from conformance_exceptions import QUIC
from decoders import MAKERS

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif("core" not in MAKERS, reason="the core is not built: make fast"),
]
with_quic = [capture for capture in captures() if any(capture.expected(kind) for kind in quic.KINDS)]
each_capture = pytest.mark.parametrize("capture", with_quic or [Capture("none")], ids=lambda capture: capture.name)


@each_capture
def test_every_connection_is_told(capture: Capture) -> None:
    told = quic.connections(capture.path)
    missing = [row for row in quic.expected(capture) if not any(quic.agrees(row, one) for one in told)]
    excepted = QUIC[capture.name].differences if capture.name in QUIC else {}
    assert {"missing": len(missing)} == {"missing": 0, **excepted}, missing


@each_capture
def test_no_connection_is_told_twice(capture: Capture) -> None:
    told = quic.connections(capture.path)
    assert len(told) == len({(one.client, one.server) for one in told})


def test_no_other_capture_has_connections() -> None:
    others = [capture for capture in captures() if capture not in with_quic]
    assert len(others) > 400
    assert [capture.name for capture in others if quic.connections(capture.path)] == []


def test_hellos_in_pieces_of_wiresharks_capture_have_their_names() -> None:
    path = FOLDER.parent / "wireshark" / "quic-fragmented-handshakes.pcapng.gz"
    if not path.exists():
        pytest.skip("Wireshark's captures are not there")
    told = quic.connections(path)
    names = Counter(one.name for one in told)
    assert {name: names[name] for name in ("", "localhost", "www.youtube.com", "i9.ytimg.com", "d9iux.xyz")} == {
        "": 1,  # sends none
        "localhost": 1,
        "www.youtube.com": 1,
        "i9.ytimg.com": 1,
        "d9iux.xyz": 1,
    }
    assert (len(told), names["r2---sn-vh5ouxa-hjuk.googlevideo.com"]) == (17, 4)
