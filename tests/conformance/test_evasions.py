"""Each http-evader capture of the corpus is named as evasion, and hardly any other is."""

import contextlib
from functools import cache

import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present

from capture.core import CORE
from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from detection.detectors.evasion import Evasion
from detection.inspector import Inspected
from detection.inspectors.content_evasion import ContentEvasion
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.batch import RecordBatch
from traffic.content import Content
from traffic.finding import INFO, LOW, Finding
from traffic.protocols import PROTOCOLS
from traffic.records import Exchange, Record

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif(CORE is None, reason="the core is not built"),
]

EVADER = "http-evader"
ATTACKS = {
    # Requests made for smuggling: sizes beyond 64 bits, several framings.
    ("zeek/http__261__variant-01-chunk_2pow64_overflow.pcap", "evasion/chunk-size"),
    ("zeek/http__261__variant-02-cl_uint64max.pcap", "evasion/bad-length"),
    ("zeek/http__261__variant-04-te_cl_desync.pcap", "evasion/length-and-chunked"),
    ("zeek/http__261__variant-10-multi_value_te.pcap", "evasion/transfer-coding"),
    # Tests of Suricata's anomalies, made by hand.
    ("suricata-verify/bug-2511__response_identity_identity_gzip_identity_gzip_gzip.pcap", "evasion/identity-coding"),
    ("suricata-verify/http-event-chunk__input.pcap", "evasion/chunk-line-end"),
    ("suricata-verify/http1-noint-status__input.pcap", "evasion/status-line"),
}
"""What is no ordinary traffic among the other captures."""


def records(capture: Capture) -> list[Record]:
    """Return the exchanges of a capture with their contents, decoded as with `-p any`."""
    decoder = decoder_for(parse_ports("any"), limits(Config()), frozenset({Content}), PROTOCOLS)
    intake = Intake(open_file(str(capture.path)), decoder)
    taken: list[Record] = []
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
            taken += decoder.take().records()
    intake.close()
    intake.finish()
    return taken + decoder.take().records()


@cache
def findings() -> dict[str, list[Finding]]:
    """Return what both plug-ins find in each capture."""
    found = {}
    for capture in captures():
        taken, inspector = records(capture), ContentEvasion()
        exchanges = [record for record in taken if isinstance(record, Exchange)]
        found[capture.name] = list(Evasion().look(RecordBatch(exchanges)))
        for record in taken:
            if isinstance(record, Content):
                inspected = Inspected(record, Config().max_inspected_body, CORE.decode_content)
                found[capture.name] += inspector.inspect(inspected)
    return found


def test_every_capture_of_http_evader_is_named() -> None:
    named = {name: bool(found) for name, found in findings().items() if EVADER in name}
    assert len(named) > 200
    assert [name for name, each in named.items() if not each] == []


def test_most_captures_of_http_evader_are_findings_that_alert() -> None:
    loud = [
        any(each.severity not in (INFO, LOW) for each in found) for name, found in findings().items() if EVADER in name
    ]
    assert sum(loud) > 0.7 * len(loud)


def test_the_server_sends_them() -> None:
    of_evader = [each for name, found in findings().items() if EVADER in name for each in found]
    assert all(each.reason.startswith("the server 8.8.8.8 sent a response") for each in of_evader)
    assert {each.technique for each in of_evader} == {"T1027"}


def test_other_captures_have_no_finding_that_alerts() -> None:
    others = {(name, each) for name, found in findings().items() if EVADER not in name for each in found}
    assert {(name, each.rule) for name, each in others if each.severity not in (INFO, LOW)} == ATTACKS
