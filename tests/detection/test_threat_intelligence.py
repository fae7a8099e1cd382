"""Traffic with listed values is found, once for each client, and the allow list wins."""
# ruff: noqa: E501 - a case is a line

from collections.abc import Sequence
from typing import Any

import pytest
from feeds import packed, table
from records import exchange, file_transfer, handshake, lookup, quic, request

from detection.detectors.threat_intelligence import ThreatIntelligence
from detection.intelligence.packing import Terms
from detection.intelligence.table import Feed, Table
from traffic.batch import RecordBatch
from traffic.finding import Finding
from traffic.records import Exchange

INSIDE, OUTSIDE = "10.0.0.7", "203.0.113.9"
JA4 = "t13d1516h2_8daaf6152771_b186095e22b6"


def visit(
    host: str = "shop.example.com", target: str = "/", client: str = INSIDE, server: str = "198.51.100.80", time: float = 1000.0,
    **outcome: Any,
) -> Exchange:  # fmt: skip
    asked = request(time=time, host=host, target=target, client=client, server=server)
    return exchange(asked, time=time + 0.1, client=client, server=server, **outcome)


def found(listed: Table, records: Sequence[object], allowed: Table | None = None) -> list[Finding]:
    detector = ThreatIntelligence()
    detector.use(listed, allowed or Table())
    batches = [RecordBatch(records[begin : begin + 7]) for begin in range(0, len(records), 7)]
    return [each for batch in batches for each in detector.look(batch)]


@pytest.mark.parametrize(
    ("line", "record", "rule", "did"),
    [
        ("198.51.100.80", visit(), "address/feed0", "contacted 198.51.100.80: address"),
        ("198.51.100.0/24", visit(), "network/feed0", "contacted 198.51.100.80: network"),
        ("example.com", visit(), "domain/feed0", "contacted shop.example.com: domain"),
        ("203.0.113.50", visit("203.0.113.50", server="10.0.0.1"), "address/feed0", "contacted 203.0.113.50: address"),
        ("http://shop.example.com/a?b=1", visit(target="/a?b=1"), "url/feed0", "requested shop.example.com/a?b=1: url"),
        ("http://shop.example.com/a", visit(target="http://shop.example.com/a"), "url/feed0", "requested shop.example.com/a: url"),
        ("http://a.example.com/r?u=http://b.example.com/", visit("a.example.com", "/r?u=http://b.example.com/"), "url/feed0", "requested a.example.com/r?u=http://b.example.com/: url"),
        ("http://[2001:db8::5]:81/a", visit("[2001:DB8::5]:81", "/a"), "url/feed0", "requested [2001:db8::5]:81/a: url"),
        ("2001:db8::/32", visit("[2001:DB8::5]:81", "/a"), "network/feed0", "contacted 2001:db8::5: network"),
        ("https://a.example.com:8443/a", visit("a.example.com:8443", "/a", tls_version="TLS 1.3"), "url/feed0", "requested a.example.com:8443/a: url"),
        ("bad.example.org", handshake(client=INSIDE, server_name="www.bad.example.org"), "domain/feed0", "contacted www.bad.example.org: domain"),
        (JA4, handshake(client=INSIDE, ja4=JA4), "ja4/feed0", "uses a listed TLS client: ja4"),
        (JA4, quic(client=INSIDE, ja4=JA4), "ja4/feed0", "uses a listed TLS client: ja4"),
        ("bad.example.org", quic(client=INSIDE, server_name="bad.example.org"), "domain/feed0", "contacted bad.example.org: domain"),
        ("bad.example.org", lookup(client=INSIDE, name="x.bad.example.org"), "domain/feed0", "looked up x.bad.example.org: domain"),
        ("203.0.113.66", lookup(client=INSIDE, addresses=("198.51.100.1", "203.0.113.66")), "address/feed0", "looked up a name and got 203.0.113.66: address"),
    ],
    ids=[
        "server", "network", "domain above", "host is an address", "URL", "URL for a proxy", "URL in a query", "URL of an address", "host is an IPv6 address", "URL with TLS", "SNI", "JA4",
        "JA4 of QUIC", "SNI of QUIC", "DNS name", "DNS answer",
    ],
)  # fmt: skip
def test_listed_traffic_is_found(line: str, record: Any, rule: str, did: str) -> None:
    (finding,) = found(table(f"{line}\n"), [record])
    assert (finding.rule, finding.detector, finding.severity, finding.client) == (
        rule,
        "threat_intelligence",
        "high",
        INSIDE,
    )
    assert finding.reason == f"{INSIDE} {did} listed by feed0, confidence 75"
    assert finding.technique in ("T1071.001", "T1071.004", "T1105")
    assert (finding.server, finding.time) == (record.server, record.time)


def test_the_evidence_is_the_indicator_and_not_the_traffic() -> None:
    (finding,) = found(table("example.com\n"), [visit(target="/?token=secret")])
    assert finding.evidence == "example.com"
    assert "secret" not in repr(finding)


def test_a_listed_ja3_is_found() -> None:
    listed = table(
        "# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a5a44d1ddcc843bc75336dfce,2026-01-01,2026-03-01,Dridex\n"
    )
    (finding,) = found(listed, [handshake(client=INSIDE, ja3="b386946a5a44d1ddcc843bc75336dfce")])
    assert finding.reason == f"{INSIDE} uses a listed TLS client: ja3 listed by feed0, confidence 75: Dridex"


@pytest.mark.parametrize(
    "harmless",
    [
        visit("badexample.com"),
        visit("shop.example.net", "/a", server="198.51.101.1"),
        visit(target="/A?b=1"),
        visit(server="10.0.0.1", client="10.0.0.2", host="intranet"),
        handshake(server_name="", ja3="", ja4=""),
        lookup(name=".", addresses=()),
    ],
    ids=["another domain", "elsewhere", "another path", "inside", "nothing is said", "the root"],
)
def test_other_traffic_is_left_alone(harmless: Any) -> None:
    assert found(table("example.com.evil.example.org\n198.51.100.1\nhttp://shop.example.com/a?b=1\n"), [harmless]) == []


def test_a_listed_visitor_is_less_severe_and_has_no_technique() -> None:
    (finding,) = found(table(f"{OUTSIDE}\n"), [visit(client=OUTSIDE)] * 50)
    assert (finding.severity, finding.technique) == ("medium", "")
    assert finding.reason == f"{OUTSIDE} opened a connection: address listed by feed0, confidence 75"


def test_one_client_is_one_finding_until_an_hour_has_passed() -> None:
    visits = [visit(time=1000.0 + 60 * number) for number in range(70)]
    assert [finding.time for finding in found(table("example.com\n"), visits)] == [1000.1, 1000.1 + 63 * 60]
    assert len(found(table("example.com\n"), [visit(client=f"10.0.0.{number}") for number in range(5)])) == 5


def test_strangers_who_name_a_listed_host_are_one_finding() -> None:
    strangers = [visit(client=f"203.0.113.{number}") for number in range(100)]
    assert len(found(table("example.com\n"), strangers)) == 1


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        ("shop.example.com", "example.com"),
        ("example.com", "shop.example.com"),
        ("198.51.100.80", "198.51.100.0/24"),
        ("198.51.100.0/24", "198.51.100.80"),
        ("http://shop.example.com/", "example.com"),
        ("http://shop.example.com/", "http://shop.example.com/"),
    ],
)
def test_the_allow_list_wins(listed: str, allowed: str) -> None:
    assert len(found(table(f"{listed}\n"), [visit()])) == 1
    assert found(table(f"{listed}\n"), [visit()], table(f"{allowed}\n")) == []


def test_an_allowed_tls_client_needs_no_kind_in_the_allow_list() -> None:
    listed = table(
        "# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a5a44d1ddcc843bc75336dfce,2026-01-01,2026-03-01,Dridex\n"
    )
    assert (
        found(listed, [handshake(ja3="b386946a5a44d1ddcc843bc75336dfce")], table("b386946a5a44d1ddcc843bc75336dfce\n"))
        == []
    )


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [(100, "high"), (75, "high"), (74, "medium"), (50, "medium"), (49, "low"), (24, "info"), (0, "info")],
)
def test_severity_follows_confidence(confidence: int, severity: str) -> None:
    zeek = f"#fields\tindicator\tindicator_type\tmeta.confidence\nexample.com\tIntel::DOMAIN\t{confidence}\n"
    (finding,) = found(table(zeek), [visit()])
    assert finding.severity == severity


def test_the_feed_with_the_highest_confidence_is_named() -> None:
    zeek = "#fields\tindicator\tindicator_type\tmeta.confidence\nexample.com\tIntel::DOMAIN\t90\n"
    (finding,) = found(table("example.com\n", zeek), [visit()])
    assert finding.rule == "domain/feed1"


def test_an_indicator_expires_in_the_time_of_the_traffic() -> None:
    zeek = "#fields\tindicator\tindicator_type\tmeta.lastseen\nexample.com\tIntel::DOMAIN\t1000\n"
    listed = Table([Feed("zeek", packed(zeek, Terms(lifetime=60.0))[0])])
    assert len(found(listed, [visit(time=1050.0)])) == 1
    assert found(listed, [visit(time=1061.0)]) == []


def test_new_indicators_take_the_place_of_old_ones() -> None:
    detector = ThreatIntelligence()
    for line, count in (("other.example.net", 0), ("example.com", 1), ("other.example.net", 0)):
        detector.use(table(f"{line}\n"), Table())
        assert len(list(detector.look(RecordBatch([visit(time=1e6)])))) == count


def test_a_listed_file_is_found_once_by_its_strongest_hash() -> None:
    file = file_transfer(client=INSIDE, server="198.51.100.80", host="files.example.com")
    listed = table("\n".join((file.md5, file.sha1.upper(), file.sha256)))
    other = file_transfer(md5="0" * 32, sha1="1" * 40, sha256="2" * 64)
    (finding,) = found(listed, [other, file])
    assert (finding.rule, finding.severity, finding.technique) == ("file/feed0", "high", "T1105")
    assert finding.reason.startswith(f"{INSIDE} downloaded or uploaded a listed file: file listed by feed0")
    assert (finding.evidence, finding.host) == (file.sha256, "files.example.com")
    assert [each.evidence for each in found(table(file.md5), [file])] == [file.md5]
    assert found(listed, [file], table(file.sha256)) == []


def test_a_listed_certificate_is_found_by_feeds_of_its_kind_and_by_plain_lists() -> None:
    sha1, sha256 = "a" * 40, "b" * 64
    shown = handshake(client=INSIDE, server="198.51.100.80", certificate_sha1=sha1, certificate_sha256=sha256)
    sslbl = f"# Listingdate,SHA1,Listingreason\n2026-11-01 00:00:00,{sha1},C2\n"
    for text, rule in ((sslbl, "certificate/feed0"), (sha1, "file/feed0"), (sha256.upper(), "file/feed0")):
        (finding,) = found(table(text), [handshake(), shown])
        assert (finding.rule, finding.severity, finding.technique) == (rule, "high", "T1071.001")
        assert finding.reason.startswith(f"{INSIDE} was shown a listed certificate: ")
