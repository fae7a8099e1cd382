"""The inspector and the detector: what they report, and how files are read again."""

import os
from pathlib import Path

import pytest
from records import handshake, lookup
from suricata_scene import CLIENT, SERVER, exchange, rule

from capture.core import CORE, how_to_inspect
from detection.detectors.suricata_names import SuricataNames
from detection.inspectors.suricata import Suricata
from detection.suricata.keywords import Find, finder, one_by_one
from detection.suricata.names import BUFFERS
from detection.suricata.reading import known_options
from detection.suricata.text import RuleError
from exercise_config import SettingError
from run.suricata import unseen, use_suricata
from traffic.batch import RecordBatch
from traffic.finding import HIGH, MEDIUM, Finding
from traffic.records import Record

DNS, TLS = "alert dns any any -> any any", "alert tls $HOME_NET any -> $EXTERNAL_NET any"


def test_an_exchange_that_a_rule_describes_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "a.rules"
    path.write_text(
        'alert http any any -> any any (msg:"A shell"; http.uri; content:"cmd.exe"; nocase; classtype:trojan-activity; '
        "metadata:mitre_technique_id T1059; sid:5;)\n"
        'alert dns any any -> any any (dns.query; content:"cmd.exe"; sid:6;)\n'
        'alert http any any -> any any (http.uri; content:"nothing"; sid:7;)\n'
    )
    inspector = Suricata([str(path)])
    seen = exchange(b"GET /CMD.EXE HTTP/1.1\r\nHost: example.com\r\n\r\n")
    assert [*inspector.inspect(seen)] == [
        Finding(
            1000.0, "suricata/5", "suricata", HIGH, CLIENT, 40000, SERVER, 80, "example.com", "/",
            f"{CLIENT}: A shell", "", "T1059",
        )
    ]  # fmt: skip
    assert [*inspector.inspect(seen)] == []  # once in ten minutes
    assert [*inspector.inspect(exchange())] == []


def test_home_net_is_what_the_setting_says(tmp_path: Path) -> None:
    path = tmp_path / "a.rules"
    path.write_text('alert http $HOME_NET any -> $EXTERNAL_NET any (flow:to_server; content:"GET"; sid:5;)')
    assert [len([*Suricata([str(path)], net).inspect(exchange())]) for net in ([CLIENT], [SERVER])] == [1, 0]


def test_an_inspector_refuses_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"suricata_rules: .*/a\.rules cannot be read: No such file or directory"):
        Suricata([str(tmp_path / "a.rules")])


def sids(records: list[Record], *rules: tuple[str, str]) -> list[str]:
    detector = SuricataNames()
    detector.use([rule(options, header, sid=sid) for sid, (header, options) in enumerate(rules, 1)])
    return sorted(each.rule for each in detector.look(RecordBatch(records)))


def test_names_that_are_looked_up() -> None:
    records: list[Record] = [lookup(name="www.evil.example", client=CLIENT), lookup(name="example.org", client=CLIENT)]
    found = sids(
        records,
        (DNS, 'dns.query; content:"evil"; bsize:16;'),
        (DNS, 'dns.query; dotprefix; content:".evil.example"; endswith;'),
        (DNS, 'dns.query; content:"EVIL";'),
        (DNS, 'dns_query; content:"EVIL"; nocase;'),
        (DNS, "dns.query; bsize:11;"),
        (DNS, 'dns.query; content:"www"; dns.query; content:"org";'),
        ("alert dns any any -> any 5353", 'dns.query; content:"evil";'),
        (TLS, 'tls.sni; content:"evil";'),
    )
    assert found == sorted(f"suricata/{sid}" for sid in (1, 2, 4, 5))


def test_handshakes() -> None:
    subject = "C=US, O=Evil, CN=www.evil.example"
    seen = handshake(
        client=CLIENT, server=SERVER, server_name="www.evil.example", certificate_subject=subject,
        certificate_issuer="CN=Root", certificate_sha1="0ba6" * 10, ja3="a" * 32, ja3s="b" * 32,
        ja4="t13d1516h2_8daaf6152771_b186095e22b6",
    )  # fmt: skip
    found = sids(
        [seen],
        (TLS, 'tls.sni; content:"evil.example"; endswith;'),
        (TLS, 'tls_cert_subject; content:"O=Evil"; tls.cert_issuer; content:"CN=Root"; bsize:7;'),
        (TLS, 'ja3.hash; content:"' + "a" * 32 + '";'),
        (TLS, 'ja3s.hash; content:"' + "b" * 32 + '"; flow:to_client;'),  # addresses the other way round
        (TLS, 'ja4.hash; content:"t13d1516h2_8daaf6152771_b186095e22b6";'),
        (TLS, 'tls.cert_issuer; content:"Evil";'),
        (TLS, 'tls.fingerprint:"' + ":".join(["0b", "A6"] * 10) + '";'),
        (TLS, 'tls_cert_fingerprint; content:"0b:a6:0b"; startswith;'),
        (TLS, 'tls.subject:"O=Evil"; tls.issuerdn:!"CN=Other";'),
        (TLS, 'tls.fingerprint:!"' + ":".join(["0b", "a6"] * 10) + '";'),
        (TLS, 'tls.fingerprint:"0b:a6";'),
        ("alert tls $EXTERNAL_NET any -> $HOME_NET any", 'flow:to_client; tls.cert_subject; content:"Evil";'),
    )
    assert found == sorted(f"suricata/{sid}" for sid in (1, 2, 3, 5, 7, 8, 9, 12))


def test_a_lookup_is_a_finding() -> None:
    detector = SuricataNames()
    detector.use([rule('msg:"Bad name"; dns.query; content:"evil";', DNS, sid=9)])
    (found,) = detector.look(RecordBatch([lookup(name="evil.example", client=CLIENT, client_port=5000)]))
    assert (found.rule, found.detector, found.severity, found.host) == (
        "suricata/9", "suricata_names", MEDIUM, "evil.example"
    )  # fmt: skip
    assert (found.client, found.client_port, found.reason) == (CLIENT, 5000, f"{CLIENT}: Bad name")


def test_rules_of_a_run(tmp_path: Path) -> None:
    path, detector = tmp_path / "a.rules", SuricataNames()
    path.write_text(
        f'{DNS} (dns.query; content:"a"; sid:1;)\n'
        'alert http any any -> any any (content:"a"; sid:2;)\nalert http any any -> any any (lua:a; sid:3;)\n'
    )
    line = use_suricata(detector, [str(path)], ["10.0.0.0/8"], {}, os.open)
    assert line == "suricata: 2 rules will be applied; left out: 1 because the option lua is not supported"
    line = use_suricata(detector, [str(path)], ["10.0.0.0/8"], {"dns": "DNS is off"}, os.open)
    assert line.startswith("suricata: 1 rule will be applied; left out: 1 because ")
    assert "1 because DNS is off" in line
    path.write_text("alert")
    with pytest.raises(SettingError, match=rf"suricata_rules: {path}:1: it does not begin with"):
        use_suricata(detector, [str(path)], ["10.0.0.0/8"], {}, os.open)


@pytest.mark.skipif(how_to_inspect() != "", reason="there is no core, or an old one")
def test_protocols_that_are_not_decoded_are_named() -> None:
    assert unseen(["http2", "tls"]) == {"dns": "DNS is not decoded (--protocols +dns)"}
    assert unseen(["dns"]) == {"tls": "TLS is not decoded (--protocols +tls)"}


FINDERS = [one_by_one([b"cmd.exe", b"exe", b"\xff\x00", b"none"])]
if hasattr(CORE, "Keywords"):
    FINDERS.append(finder([b"cmd.exe", b"exe", b"\xff\x00", b"none"]))


@pytest.mark.parametrize("find", FINDERS)
def test_keywords(find: Find) -> None:
    assert [find(text) for text in (b"CMD.EXE exe", b".exe\xff\x00", b"")] == [[0, 1], [1, 2], []]


def test_the_documents_name_what_is_supported() -> None:
    text = (Path(__file__).parents[3] / "docs" / "detection.md").read_text(encoding="utf-8")
    section = text.partition("## Suricata rules")[2].partition("\n## ")[0]
    supported = {*known_options(), *(name for buffers in BUFFERS.values() for name in buffers if name)}
    assert {name for name in supported if f"`{name}`" not in section} == set()
