"""Nothing in ordinary traffic is a finding of medium severity or worse: the captures of the corpus, also with DNS
decoded, the benchmark, and the demo."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from all_detectors import logged, missing
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from crs_cases import FOLDER as RULES

from bench.make_capture import make_capture
from capture.core import CORE
from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from detection.inspector import Inspected, Inspector
from detection.loading import load, load_inspectors
from detection.pipeline import Detection
from exercise_config import Config
from inspection.worker import UNDO
from run.decoding import decoder_for, limits
from traffic.content import Content
from traffic.finding import INFO, LOW, Finding
from traffic.protocols import PROTOCOLS
from traffic.records import OPTIONAL, IpPacket

pytestmark = pytest.mark.skipif(CORE is None, reason="the core is not built")
with_corpus = pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder")

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
BLOCKED = {
    ("ndpi/default__pcap__sql_injection.pcap", "942100"),  # injection, by hand
    ("ndpi/default__pcap__sql_injection.pcap", "942190"),
    ("zeek/http__cooper-grill-dvwa.pcapng", "942100"),  # injection into an application made for it
    ("zeek/http__cooper-grill-dvwa.pcapng", "942190"),
    ("zeek/http__cooper-grill-dvwa.pcapng", "942360"),
    ("ndpi/default__pcap__xss.pcap", "941100"),  # a script in a parameter
    ("ndpi/default__pcap__xss.pcap", "941110"),
    ("ndpi/default__pcap__xss.pcap", "941160"),
    ("ndpi/default__pcap__xss.pcap", "941390"),
    ("zeek/tcp__payload-syn.pcap", "930100"),  # a path to /etc/passwd
    ("zeek/tcp__payload-syn.pcap", "930110"),
    ("zeek/tcp__payload-syn.pcap", "930120"),
    ("zeek/tcp__payload-syn.pcap", "932160"),
    ("zeek/tcp__payload-synack.pcap", "930100"),
    ("zeek/tcp__payload-synack.pcap", "930110"),
    ("zeek/tcp__payload-synack.pcap", "930120"),
    ("zeek/tcp__payload-synack.pcap", "932160"),
    ("zeek/modbus__modbus-and-non-modbus-p502.pcap", "913100"),  # a scanner that says its name
    ("zeek/http__docker-http-upgrade.pcap", "932160"),  # a shell in a container, as asked for over Docker's interface
    ("zeek/http__docker-http-upgrade.pcap", "932260"),
    ("arkime/v6-http.pcap", "950130"),  # a list of the files of a folder
    ("ndpi/default__pcap__webdav.pcap", "954120"),  # an error page that names IIS
    ("scapy/pcaps__http_tcp_psh.pcap.gz", "950140"),  # source code
    ("scapy/pcaps__http_tcp_psh.pcap.gz", "956100"),
    ("ndpi/default__pcap__http2.pcapng", "931100"),  # the address of another host in a parameter, inside a 5G network
    ("ndpi/default__pcap__http2.pcapng", "934110"),
    ("ndpi/default__pcap__1kxun.pcap", "943120"),  # a parameter called like a session
    ("zeek/dce-rpc__mapi.pcap", "932130"),  # Outlook's binary calls, which have `$(` in them
}
"""What the Core Rule Set would block at paranoia level 1: attacks, leaks, and at the end four of its false alarms."""
KINDS = OPTIONAL - {IpPacket}


LONGEST_BODY = 2**20
EVERY: Final = 4
"""One in so many captures is inspected by the firewall, unless slow tests run."""


@cache
def inspectors(*names: str) -> Sequence[Inspector]:
    """Return them with the default settings, except for the rules of the firewall."""
    return load_inspectors(names, {**vars(Config()), "waf_rules": (str(RULES),)})


def findings(capture: Capture, *names: str) -> list[Finding]:
    """Return what the default detectors and these inspectors find, decoded as with `-p any --protocols +dns`."""

    def look() -> Iterator[Finding]:
        batch = decoder.take()
        yield from detection.look(batch).records()
        for content in batch.table(Content).records():
            exchange = Inspected(content, LONGEST_BODY, UNDO)
            for inspector in inspectors(*names):
                yield from (each for each in inspector.inspect(exchange) if isinstance(each, Finding))

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


def ordinary() -> list[Capture]:
    return [capture for capture in captures() if not capture.name.startswith(OF_ATTACKS)]


def loud(those: Iterable[Capture], *names: str) -> set[tuple[str, str]]:
    """Return the captures and rules of findings that alert."""
    return {(c.name, each.rule) for c in those for each in findings(c, *names) if each.severity not in (INFO, LOW)}


@with_corpus
def test_ordinary_captures_have_no_finding_that_alerts() -> None:
    assert loud(ordinary(), "data_leak", "content_evasion") == ATTACKS


@with_corpus
@pytest.mark.skipif(bool(missing("waf")), reason=missing("waf"))
@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.slow)], ids=["a sample", "all"])
def test_a_firewall_would_block_nothing_else_in_them(every: int) -> None:
    those = ordinary()[::every]
    names = {capture.name for capture in those}
    assert loud(those, "waf") == {each for each in ATTACKS | BLOCKED if each[0] in names}


@pytest.mark.parametrize(
    ("packets", "with_waf"),
    [(6_000, True), pytest.param(780_000, False, marks=pytest.mark.slow)],
    ids=["a thousand exchanges", "a hundred thousand"],
)
def test_the_benchmark_has_no_finding_that_alerts(packets: int, with_waf: bool, tmp_path: Path) -> None:
    make_capture(tmp_path / "visits.pcap", packets)
    found = logged(["-q", "-r", str(tmp_path / "visits.pcap")], tmp_path, with_waf=with_waf)
    assert [each for each in found if each["log.level"] not in (INFO, LOW)] == []


@pytest.mark.slow
def test_the_demo_has_no_finding_that_alerts(tmp_path: Path) -> None:
    found = logged(["--demo", "--duration", "40"], tmp_path, with_waf=True)
    assert [each for each in found if each["log.level"] not in (INFO, LOW)] == []
