"""Each format is recognised by its content, whatever the file is called."""
# ruff: noqa: E501 - lines of feeds are long

import json

import pytest
from feeds import Entry, entries, packed

from detection.intelligence.indicator import FeedError
from detection.intelligence.packing import Terms
from detection.intelligence.reading import read
from detection.intelligence.stix import compared_in

URLHAUS = """\
################################################################
# abuse.ch URLhaus Database Dump (CSV - recent URLs only)      #
################################################################
#
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"3000001","2026-03-01 10:00:05","http://198.51.100.7:8080/bin.sh","online","2026-03-02 00:00:00","malware_download","elf,mozi","https://urlhaus.example/url/3000001/","someone"
"3000002","2026-03-01 10:00:05","https://cdn.example.net/a/B.exe?x=1","offline","","malware_download","exe","https://urlhaus.example/url/3000002/","someone"
"""
THREATFOX = """\
# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","reference","tags","anonymous","reporter"
"2026-03-01 10:00:05", "1200", "203.0.113.5:443", "ip:port", "botnet_cc", "win.cobalt_strike", "Agentemis", "Cobalt Strike", "", "100", "", "c2", "0", "someone"
"2026-03-01 10:00:05", "1201", "bad.example.org", "domain", "botnet_cc", "win.x", "None", "Xloader", "2026-04-01 00:00:00", "50", "None", "c2", "0", "someone"
"2026-03-01 10:00:05", "1202", "whatever", "envelope_from", "payload", "win.x", "None", "Xloader", "", "50", "None", "", "0", "someone"
# Number of entries: 3
"""
FEODO = """\
# Feodo Tracker Botnet C2 IP Blocklist (CSV) #
"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"
"2026-02-04 20:24:53","203.0.113.77","443","online","2026-03-01","Emotet"
"2026-02-04 20:24:53","2001:db8::77","443","offline","2026-03-01","QakBot"
# END 2 entries
"""
SSLBL = """\
# abuse.ch SSLBL SSL Certificate Blacklist (SHA1 Fingerprints) #
# Listingdate,SHA1,Listingreason
2026-03-01 07:12:06,2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e,AsyncRAT C&C
"""
SSLBL_JA3 = """\
# ja3_md5,Firstseen,Lastseen,Listingreason
b386946a5a44d1ddcc843bc75336dfce,2026-01-01 00:00:00,2026-03-01 00:00:00,Dridex
"""
THREATFOX_JSON = json.dumps(
    {
        "1200": [{"ioc_value": "203.0.113.5:443", "ioc_type": "ip:port", "confidence_level": 75, "first_seen_utc": "2026-03-01 10:00:05"}],
        "1201": [{"ioc_value": "t13d1516h2_8daaf6152771_b186095e22b6", "ioc_type": "ja4_fingerprint", "confidence_level": 75}],
    }
)  # fmt: skip
URLHAUS_JSON = json.dumps({"3000001": [{"dateadded": "2026-03-01 10:00:05 UTC", "url": "http://evil.example.com/x"}]})
FEODO_JSON = json.dumps([{"ip_address": "203.0.113.77", "port": 443, "malware": "Emotet", "first_seen": "2026-02-04"}])
MISP = json.dumps(
    {
        "Event": {
            "info": "Phishing of the spring",
            "Attribute": [
                {"type": "domain", "value": "bad.example.org", "to_ids": True, "timestamp": "1772359205"},
                {"type": "ip-dst|port", "value": "203.0.113.5|8443", "to_ids": True},
                {"type": "url", "value": "hxxp://evil[.]example[.]com/x", "to_ids": True},
                {"type": "domain", "value": "victim.example.com", "to_ids": False},
                {"type": "comment", "value": "seen by two", "to_ids": True},
            ],
            "Object": [
                {
                    "Attribute": [
                        {"type": "filename|md5", "value": "a.exe|d41d8cd98f00b204e9800998ecf8427e", "to_ids": True},
                        {"type": "ja3-fingerprint-md5", "value": "B386946A5A44D1DDCC843BC75336DFCE", "to_ids": True},
                    ]
                }
            ],
        }
    }
)
STIX = json.dumps(
    {
        "type": "bundle",
        "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
        "objects": [
            {"type": "identity", "name": "somebody"},
            {"type": "indicator", "pattern_type": "stix", "confidence": 90, "pattern": "[domain-name:value = 'bad.example.org']"},
            {
                "type": "indicator",
                "pattern_type": "stix",
                "pattern": "[ipv4-addr:value = '203.0.113.5' OR ipv6-addr:value = '2001:db8::5'] OR [url:value = 'http://a.example.com/it\\'s']",
            },
            {"type": "indicator", "pattern_type": "stix", "pattern": "[file:hashes.'SHA-1' = '2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e']"},
            {"type": "indicator", "pattern_type": "stix", "pattern": "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"},
            {"type": "indicator", "pattern_type": "stix", "pattern": "[process:name = 'x' AND domain-name:value = 'y.example.com']"},
            {"type": "indicator", "pattern_type": "sigma", "pattern": "title: x"},
            {"type": "indicator", "pattern_type": "stix", "revoked": True, "pattern": "[domain-name:value = 'old.example.org']"},
        ],
    }
)  # fmt: skip
ZEEK = (
    "#separator \\x09\n#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.confidence\n"
    "203.0.113.5\tIntel::ADDR\tours\tC2 server\t80\n198.51.100.0/24\tIntel::SUBNET\tours\t-\t-\n"
    "evil.example.com/x\tIntel::URL\tours\t-\t-\nbad.example.org\tIntel::DOMAIN\tours\t-\t-\n"
    "a@example.com\tIntel::EMAIL\tours\t-\t-\n"
)
HOSTS = (
    "# a hosts list\n127.0.0.1 localhost\n0.0.0.0 ads.example.com tracker.example.com # both\n::1\tip6.example.org\n"
)
PLAIN = """\
# addresses and names ; as people write them
203.0.113.5:443
[2001:DB8::5]:8443
198.51.100.9/24 ; SBL1
Bad.Example.ORG.
*.wild.example.com
1,ranked.example.net
hxxps://evil[.]example(dot)com/Pay[.]php#top
bücher.example.com
||blocked.example.com^
t13d1516h2_8daaf6152771_b186095e22b6
"""


@pytest.mark.parametrize(
    ("content", "title", "expected"),
    [
        (URLHAUS, "URLhaus CSV", [("url", "198.51.100.7:8080/bin.sh"), ("url", "cdn.example.net/a/B.exe?x=1")]),
        (THREATFOX, "ThreatFox CSV", [("address", "203.0.113.5"), ("domain", "bad.example.org")]),
        (FEODO, "Feodo Tracker CSV", [("address", "2001:db8::77"), ("address", "203.0.113.77")]),
        (SSLBL, "SSLBL CSV", [("certificate", "2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e")]),
        (SSLBL_JA3, "SSLBL CSV", [("ja3", "b386946a5a44d1ddcc843bc75336dfce")]),
        (THREATFOX_JSON, "ThreatFox JSON", [("address", "203.0.113.5"), ("ja4", "t13d1516h2_8daaf6152771_b186095e22b6")]),
        (URLHAUS_JSON, "URLhaus JSON", [("url", "evil.example.com/x")]),
        (FEODO_JSON, "Feodo Tracker JSON", [("address", "203.0.113.77")]),
        (
            MISP,
            "MISP",
            [
                ("address", "203.0.113.5"),
                ("domain", "bad.example.org"),
                ("file", "d41d8cd98f00b204e9800998ecf8427e"),
                ("ja3", "b386946a5a44d1ddcc843bc75336dfce"),
                ("url", "evil.example.com/x"),
            ],
        ),
        (
            STIX,
            "STIX",
            [
                ("address", "2001:db8::5"),
                ("address", "203.0.113.5"),
                ("domain", "bad.example.org"),
                ("file", "2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e"),
                ("network", "198.51.100.0/24"),
                ("url", "a.example.com/it's"),
            ],
        ),
        (
            ZEEK,
            "Zeek",
            [
                ("address", "203.0.113.5"),
                ("domain", "bad.example.org"),
                ("network", "198.51.100.0/24"),
                ("url", "evil.example.com/x"),
            ],
        ),
        (HOSTS, "list", [("domain", "ads.example.com"), ("domain", "ip6.example.org"), ("domain", "tracker.example.com")]),
        (
            PLAIN,
            "list",
            [
                ("address", "2001:db8::5"),
                ("address", "203.0.113.5"),
                ("domain", "bad.example.org"),
                ("domain", "blocked.example.com"),
                ("domain", "ranked.example.net"),
                ("domain", "wild.example.com"),
                ("domain", "xn--bcher-kva.example.com"),
                ("ja4", "t13d1516h2_8daaf6152771_b186095e22b6"),
                ("network", "198.51.100.0/24"),
                ("url", "evil.example.com/Pay.php"),
            ],
        ),
    ],
    ids=[
        "URLhaus", "ThreatFox", "Feodo", "SSLBL", "SSLBL JA3", "ThreatFox JSON", "URLhaus JSON", "Feodo JSON", "MISP",
        "STIX", "Zeek", "hosts", "plain",
    ],
)  # fmt: skip
def test_a_format_is_recognised_and_read(content: str, title: str, expected: list[Entry]) -> None:
    assert read(content.encode()).title == title
    assert entries(content) == expected
    assert entries(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()) == expected, "as Windows writes it"


@pytest.mark.parametrize(
    ("content", "left_out"),
    [
        (THREATFOX, {"unsupported": 1}),
        (MISP, {"unsupported": 1, "not for detection": 1}),
        (STIX, {"unsupported": 2, "not for detection": 1}),
        (ZEEK, {"unsupported": 1}),
        (HOSTS, {"private": 1}),
        ("bad.example.org\nBAD.example.org.\nwhat is this\n", {"listed twice": 1, "invalid": 1}),
        ("a.example.com\n0.0.0.0/0\n::/0\n8.0.0.0/7\nco.uk\ngithub.io\n", {"too broad": 5}),
        ("a.example.com\n10.1.2.3\n192.168.0.0/16\nfe80::1\nprinter.local\n", {"private": 4}),
    ],
    ids=["ThreatFox", "MISP", "STIX", "Zeek", "hosts", "plain", "broad", "private"],
)
def test_what_is_left_out_is_counted(content: str, left_out: dict[str, int]) -> None:
    assert packed(content)[1] == left_out


def test_descriptions_confidence_and_dates_come_with_an_indicator() -> None:
    found, _ = packed(THREATFOX, Terms(lifetime=10.0))
    row = [found.value(row) for row in range(len(found))].index("bad.example.org")
    assert found.descriptions[int(found.described[row])] == "Xloader"
    assert (int(found.confidence[row]), int(found.expires[row])) == (50, 1775001600 + 10)


def test_a_description_is_cut_and_printable() -> None:
    event = {
        "Event": {
            "info": "\x1b[2J" + "x" * 500,
            "Attribute": [{"type": "domain", "value": "a.example.com", "to_ids": 1}],
        }
    }
    found, _ = packed(json.dumps(event))
    assert found.descriptions[1] == ("\\x1b[2J" + "x" * 500)[:80]


@pytest.mark.parametrize(
    ("terms", "left_out"),
    [
        (Terms(confidence=60), {"below indicators_confidence": 1, "unsupported": 1}),
        (Terms(now=1775001600.0 + 11, lifetime=10.0), {"expired": 2, "unsupported": 1}),
        (Terms(most=1), {"beyond max_indicators": 1, "unsupported": 1}),
    ],
    ids=["confidence", "expiry", "limit"],
)
def test_the_terms_of_the_settings_hold(terms: Terms, left_out: dict[str, int]) -> None:
    if "expired" in left_out:
        with pytest.raises(FeedError, match="has no indicators: 2 expired, 1 unsupported"):
            packed(THREATFOX, terms)
    else:
        assert packed(THREATFOX, terms)[1] == left_out


def test_a_manifest_names_the_files_of_its_events() -> None:
    uuid = "5d0092c5-5f74-4287-9642-33f4c354e56d"
    assert read(json.dumps({uuid: {"info": "x", "timestamp": 1}}).encode()).event_files == (f"{uuid}.json",)
    with pytest.raises(FeedError, match="neither of abuse"):
        read(b'{"../../etc/passwd": {"info": "x"}}')


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "domain-name:value = 'a.example.com'",
        "[domain-name:value = 'a.example.com'",
        "[domain-name:value != 'a.example.com']",
        "[domain-name:value = 'a.example.com'] FOLLOWEDBY [url:value = 'http://b.example.com/']",
        "[domain-name:value = 'a.example.com' AND url:value = 'http://b.example.com/']",
        "[domain-name:value LIKE '%.example.com']",
        "[domain-name:value = 'a.example.com'] OR",
        "[domain-name:value = 'a.example.com']]",
        "[domain-name:value = 'a.example.com'] WITHIN 5 SECONDS",
    ],
)
def test_other_patterns_are_not_guessed_at(pattern: str) -> None:
    assert compared_in(pattern) is None
