"""`exercise.py waf` on capture files: the same report each time, and exclusions that work."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from scene import START, Scene
from small_rules import rule_set
from wire import Talk, get, ok

from capture.core import how_to_inspect

pytestmark = [
    pytest.mark.skipif(bool(how_to_inspect()), reason=how_to_inspect()),
    pytest.mark.skipif(find_spec("libmodsecurity") is None, reason="needs libmodsecurity (requirements-waf.txt)"),
]

Command = Callable[..., tuple[int, str, str]]
RUNAWAY = 'SecPcreMatchLimit 1000000000\nSecRule ARGS "@rx ^(?:b+)+$" "id:932101,phase:2,block,msg:\'Runaway\'"'
SQL = quote("1' union select 2")


@pytest.fixture
def waf(run_here: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process, which keeps its rights."""
    monkeypatch.setattr("run.dry_run.give_up_rights", lambda user, verbose: None)
    return lambda *arguments: run_here("waf", *arguments, "--set", "user=root")


def capture(path: Path, visits: list[tuple[str, str, int]]) -> str:
    """Write a capture of requests: client, target, and status."""
    scene = Scene()
    for number, (client, target, status) in enumerate(visits):
        talk = Talk(client_port=1024 + number, addresses=(client, "192.0.2.10"), time=START + number)
        scene.frames += talk.client(get(target)).server(ok(b"x", status=status)).close().frames
    scene.write(path)
    return str(path)


@pytest.fixture
def day(tmp_path: Path) -> str:
    visits = [(f"198.51.100.{last}", f"/search?q={SQL}", 200) for last in range(1, 6)]
    visits += [("203.0.113.9", f"/{name}.php?id={SQL}", 404) for name in ("a", "b", "c", "d")]
    visits += [(f"198.51.100.{last}", f"/items?id={last}", 200) for last in range(1, 6)]
    return capture(tmp_path / "day.pcap", visits)


@pytest.fixture
def rules(tmp_path: Path) -> str:
    return rule_set(tmp_path / "crs")


def told(waf: Command, *arguments: str) -> dict[str, Any]:
    status, out, err = waf(*arguments, "--json")
    assert (status, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


def test_false_positives_come_first_then_attacks(waf: Command, day: str, rules: str) -> None:
    status, out, err = waf("-r", day, "--crs", rules)
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        f"{day}   Core Rule Set 9.1.0",
        "",
        "Requests              14",
        "Would be blocked      9 (64.29 %): paranoia level 1, threshold 5, responses 4",
        "By paranoia level     1: 9   2: 9   3: 9   4: 9",
        "",
        "Likely false positives   1",
        "",
        "Attacks by client   1",
    ]


def test_exclusions_of_the_report_exclude(waf: Command, day: str, rules: str, tmp_path: Path) -> None:
    before = told(waf, "-r", day, "--crs", rules)
    (tmp_path / "exclusions.conf").write_text("\n".join(before["false_positives"][0]["exclusion"]))
    after = told(waf, "-r", day, "--crs", str(tmp_path / "exclusions.conf"), "--crs", rules)
    assert (before["blocked"], after["blocked"]) == (9, 4)
    assert after["false_positives"] == []
    assert after["attackers"] == before["attackers"]


def test_several_files_and_workers_make_one_report(waf: Command, day: str, rules: str) -> None:
    once, twice = told(waf, "-r", day, "--crs", rules), told(waf, "-r", day, "-r", day, "--crs", rules)
    assert twice["requests"] == 2 * once["requests"] == 28
    assert twice["blocked"] == 2 * once["blocked"] == 18
    assert once == told(waf, "-r", day, "--crs", rules, "--workers", "3")


def test_options_change_the_limits(waf: Command, day: str, rules: str) -> None:
    found = told(waf, "-r", day, "--crs", rules, "--threshold", "6", "--paranoia", "2")
    assert (found["paranoia"], found["threshold"]) == (2, 6)
    assert found["blocked_by_paranoia"] == [0, 9, 9, 9]
    assert told(waf, "-r", day, "--crs", rules, "--threshold", "10")["blocked"] == 0


def test_fast_runs_fewer_rules(waf: Command, day: str, rules: str) -> None:
    found = told(waf, "-r", day, "--crs", rules, "--fast")
    assert (found["blocked"], found["blocked_by_paranoia"]) == (9, [9])


# What is written in an unusual way (%zz) is always given to the engine.


def test_bait_costs_its_budget_and_is_counted(
    waf: Command, rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run.dry_run.BUDGET", 0.1)
    (tmp_path / "runaway.conf").write_text(RUNAWAY)
    bait = [("203.0.113.9", f"/?x={'b' * 60}!&y=%zz", 404), ("203.0.113.9", f"/?id={SQL}", 404)]
    found = told(waf, "-r", capture(tmp_path / "bait.pcap", bait), "--crs", rules, "--crs", f"{tmp_path}/runaway.conf")
    assert found["not_inspected"] == {"over budget": 1}
    assert (found["requests"], found["blocked"]) == (2, 1)


def test_the_match_limit_is_counted(waf: Command, rules: str, tmp_path: Path) -> None:
    bait = [("203.0.113.9", f"/?x={'a' * 60}!&y=%zz", 404)]
    assert told(waf, "-r", capture(tmp_path / "bait.pcap", bait), "--crs", rules)["match_limit_reached"] == 1


def test_what_cannot_be_read_is_said(waf: Command, rules: str, tmp_path: Path) -> None:
    scene, path = Scene(), tmp_path / "other.pcap"
    scene.frames += Talk().client(b"SSH-2.0-OpenSSH_9.2\r\n").server(b"SSH-2.0-OpenSSH_9.2\r\n").close().frames
    scene.write(path)
    status, out, _ = waf("-r", str(path), "--crs", rules)
    assert status == 0
    assert f"{path}: unreadable connections: 1 " in out
    assert out.endswith("Nothing to inspect: there are no HTTP requests.\n")


def test_wrong_usage_is_one_line(waf: Command, day: str, rules: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.conf").write_text("SecRuleEngine On\nSecRuleNo x")
    for arguments, status, says in (
        (("-r", f"{tmp_path}/none.pcap", "--crs", rules), 1, "none.pcap: No such file"),
        (("-r", day, "--crs", f"{tmp_path}/none"), 2, f"no file or folder {tmp_path}/none"),
        (("-r", day, "--crs", f"{tmp_path}/wrong.conf"), 2, f"{tmp_path}/wrong.conf:2: "),
        (("-r", day, "--paranoia", "5"), 2, "invalid choice"),
        (("-r", day, "--threshold", "0"), 2, "is not a number from 1"),
        ((), 2, "required: -r/--read"),
    ):
        ended, out, err = waf(*arguments)
        assert (ended, out) == (status, "")
        assert says in err
        assert err.count("\n") == 1


def test_crs_enables_the_detector(run_here: Command, day: str, rules: str, tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    options = ("--set", "user=root", "--set", "log_records=+findings", "--log", str(log), "-q")
    assert run_here("-r", day, "--crs", rules, *options)[0] == 0
    lines = map(json.loads, log.read_text().splitlines())
    found = [line["rule.name"] for line in lines if line.get("rule.ruleset") == "waf"]
    assert found == ["942100"] * 9
