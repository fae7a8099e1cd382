"""Nothing in the ordinary captures of the corpus is a finding of medium severity or worse, also with DNS decoded."""

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present

from capture.core import CORE
from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from detection.inspector import Inspected
from detection.loading import load
from detection.pipeline import Detection
from exercise_config import Config
from inspection.worker import UNDO
from run.decoding import decoder_for, limits
from traffic.content import Content
from traffic.finding import INFO, LOW, Finding
from traffic.protocols import PROTOCOLS
from traffic.records import OPTIONAL, IpPacket

if TYPE_CHECKING:
    from detection.inspectors.data_leak import DataLeak

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif(CORE is None, reason="the core is not built"),
]

OF_ATTACKS = "suricata-verify"
"""This source has captures of attacks."""
ATTACKS = {
    ("ndpi/default__pcap__dns_exfiltration.pcap", "dns_tunnel"),
    ("zeek/http__261__variant-01-chunk_2pow64_overflow.pcap", "evasion/chunk-size"),
    ("zeek/http__261__variant-02-cl_uint64max.pcap", "evasion/bad-length"),
    ("zeek/http__261__variant-04-te_cl_desync.pcap", "evasion/length-and-chunked"),
    ("zeek/http__261__variant-10-multi_value_te.pcap", "evasion/transfer-coding"),
}
"""What is an attack among the ordinary captures: dnscat2, and requests made for smuggling."""
KINDS = OPTIONAL - {IpPacket}


LONGEST_BODY = 2**20


@cache
def leaks() -> "DataLeak":
    from detection.inspectors.data_leak import DataLeak  # needs the core

    return DataLeak()


def findings(capture: Capture) -> list[Finding]:
    """Return what the default detectors and data_leak find in a capture, decoded as with `-p any --protocols +dns`."""

    def look() -> Iterator[Finding]:
        batch = decoder.take()
        yield from detection.look(batch).records()
        for content in batch.table(Content).records():
            yield from leaks().inspect(Inspected(content, LONGEST_BODY, UNDO))

    decoder = decoder_for(parse_ports("any"), limits(Config()), KINDS, PROTOCOLS)
    detection = Detection(load(Config().detectors, vars(Config())))
    intake = Intake(open_file(str(capture.path)), decoder)
    found: list[Finding] = []
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
            found += look()
    intake.close()
    intake.finish()
    found += look()
    assert detection.failures == []
    return found


def test_ordinary_captures_have_no_finding_that_alerts() -> None:
    ordinary = [capture for capture in captures() if not capture.name.startswith(OF_ATTACKS)]
    assert ordinary
    loud = {(c.name, each.rule) for c in ordinary for each in findings(c) if each.severity not in (INFO, LOW)}
    assert loud == ATTACKS
