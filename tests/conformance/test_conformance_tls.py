"""Every TLS connection of the corpus has a record that says what tshark says of it."""

import conformance_tls as tls
import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from conformance_exceptions import HANDSHAKES
from decoders import MAKERS

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif("core" not in MAKERS, reason="the core is not built: make fast"),
]
each_capture = pytest.mark.parametrize("capture", captures() or [Capture("none")], ids=lambda capture: capture.name)


ADAT = {"zeek/globus-url-copy.pcap": ["192.168.57.101:2811: missing"]}
"""FTP carries the TLS records in its own lines, in base64 (RFC 2228 section 3)."""


@pytest.mark.parametrize("capture", [each for each in captures() if each.expected("tls.zeek")] or [Capture("none")])
def test_handshakes_are_those_that_zeek_logs(capture: Capture) -> None:
    assert tls.disagreements(capture.expected("tls.zeek"), tls.handshakes(capture)) == ADAT.get(capture.name, [])


@each_capture
def test_handshakes_are_those_of_the_capture(capture: Capture) -> None:
    found = tls.differences(capture.expected("tls"), tls.handshakes(capture))
    excepted = HANDSHAKES[capture.name].differences if capture.name in HANDSHAKES else {}
    counts = {kind: sum(each.startswith(kind) for each in found) for kind in ("missing", "extra", "wrong")}
    assert counts == {"missing": 0, "extra": 0, "wrong": 0, **excepted}, "\n".join(found)
