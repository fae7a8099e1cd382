"""The signals of DNS lookups: who is named, and that they exist only where lookups are watched."""

from typing import Any

from alerting_records import Watch, requests
from records import lookup, unanswered_lookup

from alerting.events import AlertRaised, Event
from alerting.rule import Rule
from alerting.signals.dns_response_time import DnsResponseTime
from alerting.signals.nxdomain_ratio import NxdomainRatio
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from exercise_config import Config
from run.signals import rules
from stats.loading import load

BUCKET = 100


class Network:
    """Buckets of lookups, one after the other."""

    def __init__(self, rule: Rule) -> None:
        self.watch = Watch([RequestRate(10, BUCKET), rule], Terms(BUCKET, BUCKET, 86400))
        self.now = 0.0

    def given(self, *lookups: Any) -> list[Event]:
        records = [record._replace(time=self.now + 1) for record in (*requests(0, 100), *lookups)]
        self.watch.add(records)
        self.now += BUCKET
        return self.watch.advance(self.now)


def raised(events: list[Event]) -> dict[str, str]:
    """Return who is named in the one alert, by kind."""
    (event,) = (event for event in events if isinstance(event, AlertRaised))
    return {contributor.kind: contributor.name for contributor in event.alert.contributors}


def test_many_unknown_names_of_a_client_raise_an_alert() -> None:
    network = Network(NxdomainRatio(20, 10))
    usual = [lookup(client=f"10.0.0.{number}", name=f"{number}.example") for number in range(50)]
    assert [event for event in network.given(*usual) if isinstance(event, AlertRaised)] == []
    random = [lookup(client="10.0.0.66", name=f"{number:x}.invalid", rcode="NXDOMAIN") for number in range(30)]
    unanswered = [unanswered_lookup() for _ in range(500)]
    assert raised(network.given(*usual, *random, *unanswered)) == {"client": "10.0.0.66"}
    judged = network.watch.monitor.judges[1].last
    assert judged is not None
    assert judged.value == 37.5


def test_multicast_dns_has_no_share() -> None:
    network = Network(NxdomainRatio(20, 10))
    network.given(*[lookup() for _ in range(50)])
    network.given(*[lookup(kind="llmnr", rcode="NXDOMAIN") for _ in range(50)])
    assert network.watch.monitor.judges[1].last is None


def test_a_slow_server_raises_an_alert() -> None:
    network = Network(DnsResponseTime(200, 10, 0.1))
    fast = [lookup(response_time=0.01, name=f"{number}.example") for number in range(50)]
    network.given(*fast)
    slow = [lookup(response_time=2.0, name="far.example", client="10.0.0.9") for _ in range(20)]
    assert raised(network.given(*fast, *slow)) == {"name": "far.example", "client": "10.0.0.9"}


def test_they_exist_only_where_lookups_are_counted() -> None:
    def names(*statistics: str) -> list[str]:
        return [rule.name for rule in rules(Config(), load(statistics)) if "dns" in rule.name or "domain" in rule.name]

    assert (names("request_rate"), names("request_rate", "dns_types")) == ([], ["nxdomain_ratio", "dns_response_time"])
