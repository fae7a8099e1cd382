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


WIRESHARK = FOLDER.parent / "wireshark"
CHACHA = "WITH_CHACHA20_POLY1305_SHA256"
SAMPLES = {
    "dhe1.pcapng.gz": [("TLS 1.0", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", True)],
    "tls-renegotiation.pcap": [("TLS 1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", False)],
    "tls12-aes128ccm.pcap": [("TLS 1.2", "TLS_PSK_WITH_AES_128_CCM", False)],
    "tls12-aes256gcm.pcap": [("TLS 1.2", "TLS_PSK_WITH_AES_256_GCM_SHA384", False)],
    "tls12-chacha20poly1305.pcap": [
        ("TLS 1.2", f"TLS_{key}_{CHACHA}", False)
        for key in ("ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA", "RSA_PSK", "DHE_PSK", "ECDHE_PSK", "PSK")
    ],
    "tls12-dsb.pcapng": [("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", False)] * 2,
    "tls13-rfc8446.pcap": [("TLS 1.3", "TLS_AES_128_GCM_SHA256", resumed) for resumed in (False, True)],
}
"""What tshark says of Wireshark's captures, in which all handshakes are established; the last one has early data."""


@pytest.mark.skipif(not WIRESHARK.exists(), reason=f"no captures at {WIRESHARK}")
@pytest.mark.parametrize("name", SAMPLES)
def test_handshakes_are_those_of_wiresharks_captures(name: str) -> None:
    found = tls.handshakes_of(WIRESHARK / name)
    assert [(one.version, one.cipher, one.resumed) for one in found] == SAMPLES[name]
    assert {one.outcome for one in found} == {"established"}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_every_exception_names_a_capture(name: str) -> None:
    assert Capture(name).path.exists()


@each_capture
def test_handshakes_are_those_of_the_capture(capture: Capture) -> None:
    found = tls.differences(capture.expected("tls"), tls.handshakes(capture))
    excepted = HANDSHAKES[capture.name].differences if capture.name in HANDSHAKES else {}
    counts = {kind: sum(each.startswith(kind) for each in found) for kind in ("missing", "extra", "wrong")}
    assert counts == {"missing": 0, "extra": 0, "wrong": 0, **excepted}, "\n".join(found)
