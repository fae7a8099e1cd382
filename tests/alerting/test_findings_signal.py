"""The signal of findings: what counts, when it alerts, and who is named."""

import pytest
from alerting_records import Watch, requests
from records import finding

from alerting.events import AlertDismissed, AlertRaised, Event
from alerting.signals.findings import Findings
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from traffic.finding import Finding

BUCKET = 100


class Site:
    """Buckets with findings, one after the other."""

    def __init__(self, threshold: float = 2) -> None:
        self.watch = Watch([RequestRate(10, BUCKET), Findings(threshold)], Terms(BUCKET, BUCKET, 86400))
        self.now = 0.0

    def given(self, *findings: Finding) -> list[Event]:
        self.watch.add(requests(self.now + 1, 100))
        self.watch.add(each._replace(time=self.now + 1) for each in findings)
        self.now += BUCKET
        return [event for event in self.watch.advance(self.now) if isinstance(event, AlertRaised | AlertDismissed)]


def test_more_findings_than_the_threshold_allows_raise_an_alert_until_there_are_fewer() -> None:
    site = Site()
    assert site.given() == []
    assert site.given(*[finding()] * 2) == []
    (raised,) = site.given(finding(client="203.0.113.9"), finding(client="203.0.113.9"), finding(severity="critical"))
    assert isinstance(raised, AlertRaised)
    assert (raised.alert.signal, raised.alert.value, raised.alert.limit) == ("findings", 3, 2)
    assert {(one.kind, one.name, one.count) for one in raised.alert.contributors} == {
        ("client", "203.0.113.9", 2),
        ("client", "10.0.0.1", 1),
        ("finding", "path_scan", 3),
    }
    assert [type(event) for event in site.given()] == [AlertDismissed]


@pytest.mark.parametrize(("severity", "counts"), [("info", 0), ("low", 0), ("medium", 1), ("high", 1), ("critical", 1)])
def test_findings_count_from_medium_on(severity: str, counts: int) -> None:
    site = Site(threshold=0)
    site.given()
    assert len(site.given(finding(severity=severity))) == counts
