"""The settings enable signals."""

from pathlib import Path

import pytest

import exercise
from exercise_config import Config, SettingError
from run.signals import SIGNALS, rules, terms


def test_all_signals_can_be_enabled_by_name() -> None:
    found = rules(Config(signals=SIGNALS))
    assert [rule.name for rule in found] == [*SIGNALS]


def test_by_default_the_request_rate_is_first_and_has_a_learned_baseline() -> None:
    config = Config()
    first = rules(config)[0]
    assert (first.name, first.threshold) == ("request_rate", 10)
    assert terms(config).baselines["request_rate"] == "fixed"


def test_an_unknown_name_is_wrong_usage_and_nothing_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.pcap"
    wrong = ("-r", "missing.pcap", "-w", str(kept), "--set", "signals=request_rate,trafic_drop")
    assert exercise.main(wrong) == 2
    assert "did you mean 'traffic_drop'?" in capsys.readouterr().err
    assert not kept.exists()


@pytest.mark.parametrize(
    ("setting", "names", "said"),
    [
        ("signals", ("request_rate", "error_ratio_5x"), "no signal 'error_ratio_5x'; did you mean 'error_ratio_5xx'"),
        ("signals", ("request_rate", "zzz"), "available: request_rate, dns_response_time, "),
        ("signals", ("traffic_drop", "request_rate"), "it must begin with request_rate"),
        ("signals", (), "it must begin with request_rate"),
        ("signals", ("request_rate", "request_rate"), "signals: request_rate is listed twice"),
    ],
)
def test_an_unknown_name_is_reported_in_one_line(setting: str, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingError) as error:
        rules(Config.with_settings({}, {setting: names}))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bucket_size_is_rounded_up_to_a_multiple_with_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = Config(average_bucket_size=95)
    assert (terms(config).bucket_size, terms(config).store_bucket) == (100, 10)
    assert exercise.main(("-r", "missing.pcap", "--set", "average_bucket_size=95")) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "exercise.py: average_bucket_size = 95 was rounded up to 100, a multiple of dashboard_bucket_size"
    assert (
        exercise.main(
            (
                "-r",
                "missing.pcap",
            )
        )
        == 1
    )
    assert "becomes" not in capsys.readouterr().err


def test_each_threshold_reaches_its_signal() -> None:
    others = [name for name in SIGNALS if name != "request_rate"]
    texts = {"signals": ",".join(SIGNALS), "average_threshold": "33"}
    floored = [name for name in others if name != "findings"]  # one is as good as another
    texts |= {f"{name}_threshold": "33" for name in others} | {f"{name}_floor": "44" for name in floored}
    config = Config.with_settings(texts)
    assert {rule.threshold for rule in rules(config)} == {33.0}
    assert {rule.name: rule.floor for rule in rules(config)[1:]} == {**dict.fromkeys(floored, 44), "findings": 0}


def test_holidays_are_read_before_anything_is_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good").write_text("2026-12-25  Christmas\n")
    (tmp_path / "bad").write_text("Christmas\n")
    assert exercise.main(("-r", "missing.pcap", "--set", f"holidays={tmp_path / 'good'}")) == 1
    assert exercise.main(("-r", "missing.pcap", "--set", f"holidays={tmp_path / 'bad'}")) == 2
    assert "line 1 does not begin with a date" in capsys.readouterr().err
    assert exercise.main(("-r", "missing.pcap", "--set", f"holidays={tmp_path / 'none'}")) == 2
    assert "holidays: " in capsys.readouterr().err
