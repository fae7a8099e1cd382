"""A signal is a file in `alerting/signals/`, found by its name."""

import sys
from pathlib import Path

import pytest

from alerting import signals
from alerting.loading import SignalError, available, load

SOUND = """
from alerting.signal_statistics import REQUESTS

class Mine:
    name, title, unit, statistics, headline, quantity = "mine", "Mine", None, REQUESTS, "Mine", "hits"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float = 12, floor: float = 34) -> None:
        self.threshold, self.floor = threshold, floor

    def measure(self, window): ...

    def contributors(self, window, subject, usual): ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files are signals, too."""
    monkeypatch.setattr(signals, "__path__", [*signals.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "alerting.signals.mine", raising=False)
    return tmp_path


def test_a_parameter_gets_the_setting_of_its_name_or_keeps_its_default(folder: Path) -> None:
    (folder / "mine.py").write_text(SOUND)
    (mine,) = load(["mine"], {"mine_floor": 56, "floor": 78})
    assert (mine.threshold, mine.floor) == (12, 56)
    assert "mine" in available()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere_at_all", "alerting/signals/mine.py cannot be loaded: ModuleNotFoundError: No module named"),
        ("", "alerting/signals/mine.py needs exactly one class with name = 'mine', and has 0"),
        (SOUND + SOUND.replace("Mine:", "Other:"), "exactly one class with name = 'mine', and has 2"),
        (SOUND.replace("measure", "weigh"), "alerting/signals/mine.py: measure missing; see alerting/rule.py"),
        (SOUND.replace(" = 12", "").replace(" = 34", ""), "alerting/signals/mine.py cannot be loaded: TypeError"),
    ],
)
def test_a_file_that_is_not_a_signal_is_refused_in_one_line(folder: Path, text: str, said: str) -> None:
    (folder / "mine.py").write_text(text)
    with pytest.raises(SignalError) as error:
        load(["mine"], {})
    assert said in str(error.value)
    assert "\n" not in str(error.value)
