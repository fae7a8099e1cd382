"""Each detector and inspector finds its attack in everyday traffic, as a user runs the program, within a minute."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from all_detectors import Findings, logged, missing
from attack_scenes import ATTACKS, FLOODS, QUIET, SLOT, Attack
from everyday import START, everyday

from capture.core import CORE
from capture.writer import PcapWriter
from detection.loading import available, available_inspectors

pytestmark = pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")

WITHIN: Final = 60.0
"""Seconds of the capture from the beginning of an attack to its finding."""


def run(attacks: Mapping[str, Attack], folder: Path, *, with_waf: bool) -> Findings:
    """Return the findings in the log of a run over attacks among everyday traffic."""
    frames = [frame for attack in attacks.values() for frame in attack.frames]
    writer = PcapWriter(str(folder / "capture.pcap"))
    ordinary = everyday(QUIET - 400, QUIET + SLOT * len(attacks))
    writer.write(sorted((*ordinary, *frames), key=lambda frame: frame.time))
    writer.close()
    return logged(["-r", str(folder / "capture.pcap"), "-p", "any"], folder, with_waf=with_waf)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Attack], Findings]:
    """Return the findings of the run with an attack; each run is made once."""

    @cache
    def of(*, floods: bool) -> Findings:
        # The Core Rule Set takes too long for floods, and has nothing to say about them.
        return run(FLOODS if floods else ATTACKS, tmp_path_factory.mktemp("run"), with_waf=not floods)

    return lambda attack: of(floods=attack.detector in FLOODS)


def seconds(finding: Mapping[str, Any]) -> float:
    """Return the time of a finding, in seconds since START."""
    return datetime.fromisoformat(finding["@timestamp"]).timestamp() - START


def of_slot(findings: Iterable[dict[str, Any]], attack: Attack) -> Findings:
    """Return the findings from the beginning of an attack to that of the next one."""
    return [each for each in findings if attack.begin <= seconds(each) < attack.begin + SLOT]


def test_each_detector_and_inspector_has_an_attack() -> None:
    known = {"unseen"}  # it must know a host first: test_unseen_attacks.py attacks it
    assert {*available(), *available_inspectors()} - known == {*ATTACKS, *FLOODS}


@pytest.mark.parametrize("attack", [*ATTACKS.values(), *FLOODS.values()], ids=[*ATTACKS, *FLOODS])
def test_an_attack_is_found_by_name_within_a_minute(attack: Attack, found: Callable[[Attack], Findings]) -> None:
    if reason := missing(attack.detector):
        pytest.skip(reason)
    findings = of_slot(found(attack), attack)
    (first, *more) = [each for each in findings if each["rule.ruleset"] == attack.finder]
    assert {each.get("client.ip", "") for each in findings} == {attack.named}
    assert seconds(first) - attack.begin <= WITHIN
    assert len(more) < attack.most
    assert {each["rule.ruleset"] for each in findings} <= {attack.finder, *attack.others}


def test_nothing_is_found_before_the_first_attack(found: Callable[[Attack], Findings]) -> None:
    for attack in (ATTACKS["beacon"], FLOODS["slow_heads"]):
        assert [each for each in found(attack) if seconds(each) < QUIET] == []
