"""Detectors of DNS look at lookups where DNS is on anyway, and never turn it on."""

from pathlib import Path

import pytest

from capture.ports import parse_ports
from cli.arguments import parse_arguments
from exercise_config import Config
from run.opening import _additional, logged_or_looked_at
from run.plan import Plan, planned
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import DnsLookup, Exchange

OF_DNS = {"dns_tunnel", "generated_names", "dns_rebinding"}


class Both:
    """A detector of two kinds of records."""

    name, title, records = "both", "Both", (Exchange, DnsLookup)

    def look(self, batch: Batch) -> list[Finding]:
        return []


@pytest.mark.parametrize(
    ("config", "given", "is_on"),
    [
        (Config(), [], False),
        (Config(protocols=(*Config().protocols, "dns")), [], True),
        (Config(protocols=(*Config().protocols, "dns"), statistics=("request_rate",)), [], True),
        (Config(statistics=("request_rate", "dns_names")), [], True),
        (Config(log_records=("lookups",)), [], False),
        (Config(log_records=("lookups",)), ["--log", "log"], True),
    ],
    ids=["by default", "the protocol", "the protocol alone", "a statistic", "no log", "a log"],
)
def test_lookups_are_looked_at_if_dns_is_on(
    config: Config, given: list[str], is_on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    arguments = parse_arguments(["-i", "lo", *given])
    plan = planned(arguments, config)
    assert OF_DNS.issubset(each.name for each in plan.detectors) == is_on
    kinds = logged_or_looked_at(arguments, config, plan)
    assert (DnsLookup in kinds) == is_on
    assert bool(_additional(parse_ports("80"), config, plan.statistics, kinds)) == is_on


def test_a_detector_of_other_records_too_goes_without_lookups() -> None:
    arguments, config = parse_arguments(["-i", "lo"]), Config()
    plan: Plan = planned(arguments, config)._replace(detectors=[Both()])
    assert DnsLookup not in logged_or_looked_at(arguments, config, plan)
