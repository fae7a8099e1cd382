"""What the statistics of DNS lookups count, and under which keys."""

import sys
from collections.abc import Mapping
from typing import Any

import pytest
from records import lookup, unanswered_lookup

from exercise_config import Config
from stats.loading import StatisticError, available, load
from stats.statistic import SECONDS
from store.store import Store
from traffic.batch import RecordBatch
from traffic.records import DnsLookup

MDNS = lookup(kind="mdns", client="", name="printer.local", server="10.0.0.9", server_port=5353, started=None)
LOOKUPS = [
    lookup(),
    lookup(name="a.example.co.uk", type="AAAA", rcode="NXDOMAIN", response_time=0.75),
    lookup(type="SOA", operation="update", rcode="SERVFAIL", server="2001:db8::53", server_port=5300),
    unanswered_lookup(name="b.example.co.uk"),
    unanswered_lookup(ending="capture_end"),
    MDNS,
]


def counted(name: str, *lookups: DnsLookup) -> Mapping[str, float]:
    """Return what a statistic shows for each key: how often it was counted, or its average seconds."""
    (statistic,) = load([name])
    store = Store([statistic], 10, 60, 100)
    store.add(RecordBatch(lookups))
    assert store.failures == []
    rows = store.top(name, 100).rows
    return {row.key: row.window.average or 0.0 if statistic.unit is SECONDS else row.window.count for row in rows}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dns_names", {"www.example.com": 3, "a.example.co.uk": 1, "b.example.co.uk": 1}),
        ("dns_types", {"A": 3, "AAAA": 1, "update": 1}),
        ("dns_response_codes", {"NOERROR": 1, "NXDOMAIN": 1, "SERVFAIL": 1, "(unanswered)": 1}),
        ("dns_servers", {"10.0.0.53": 4, "[2001:db8::53]:5300": 1}),
        ("dns_failures_by_client", {"NXDOMAIN 10.0.0.7": 1, "SERVFAIL 10.0.0.7": 1}),
        ("dns_unanswered", {"10.0.0.53": 1}),
        ("local_names", {"mdns printer.local": 1}),
    ],
)
def test_lookups_count_under_their_keys(name: str, expected: dict[str, int]) -> None:
    assert counted(name, *LOOKUPS) == expected


def test_the_response_time_is_that_of_answered_lookups() -> None:
    assert counted("dns_response_time", *LOOKUPS) == {"10.0.0.53": 0.5, "[2001:db8::53]:5300": 0.25}


def test_domains_are_those_that_can_be_registered() -> None:
    pytest.importorskip("publicsuffixlist", reason="the packages of requirements-domains.txt are not there")
    names = ("a.b.example.co.uk", "example.co.uk", "co.uk", "x.github.io", "localhost", ".", r"a\.b.example.com", "")
    assert counted("dns_domains", *(lookup(name=name) for name in names)) == {
        "example.co.uk": 2,
        "co.uk": 1,
        "x.github.io": 1,
        "localhost": 1,
        ".": 1,
        r"a\.b.example.com": 1,
    }


def test_domains_need_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    with pytest.raises(StatisticError, match=r"pip install -r requirements-domains\.txt"):
        load(["dns_domains"])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"flags": "rd ra do"}, "asked for (DO), not signed"),
        ({"dnssec": "RRSIG, NSEC3"}, "signed, not validated"),
        ({"dnssec": "RRSIG", "flags": "ad"}, "validated by the resolver (AD)"),
        ({"dnssec": "RRSIG, expired signature", "flags": "ad"}, "expired signature"),
        ({"ede": "22 No Reachable Authority, 6 DNSSEC Bogus", "rcode": "SERVFAIL"}, "error 6 DNSSEC Bogus"),
        ({"ede": "22 No Reachable Authority", "flags": "do"}, "asked for (DO), not signed"),
        ({"dnssec": "RRSIG, SERVFAIL without CD", "ede": "6 DNSSEC Bogus"}, "refused (SERVFAIL), but answered with CD"),
    ],
)
def test_the_most_telling_of_dnssec_counts(fields: dict[str, Any], expected: str | None) -> None:
    assert list(counted("dnssec", lookup(**fields))) == ([] if expected is None else [expected])


def test_the_protocol_adds_its_statistics() -> None:
    config = Config.with_settings({"protocols": "+dns"})
    added = set(config.counted(full_screen=False)) - set(Config.statistics)
    ours = {name for name in available() if name.startswith("dns")} | {"local_names"}
    assert added == ours - {"dns_domains"}
    assert all(getattr(statistic, "only_when_seen", False) for statistic in load(sorted(added)))
    assert Config(protocols=("dns",), statistics=("request_rate", "dns_types")).counted(False)[1] == "dns_types"
