"""Checks the precedence of settings, and which folders may contain statistics."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import exercise
import stats
from cli.arguments import parse_arguments
from cli.settings import configured
from exercise_config import Config, SettingError
from stats.loading import load

PLUGIN = """
from stats.statistic import HITS
from traffic.records import Request


class OfMine:
    name, title, unit, record = "of_mine", "Of mine", HITS, Request

    def key(self, request):
        return "all"
"""
root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root checks owners")

Show = Callable[..., tuple[int, str, str]]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Show:
    """Run `--show-config` with further arguments, and return exit status, standard output and standard error."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = exercise.main(["--show-config", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return command


@pytest.fixture
def settings_file(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text("average_bucket_size = 30\nmax_top_hits = 3\n")
    return str(path)


def test_the_file_changes_defaults_and_set_changes_the_file(show: Show, settings_file: str) -> None:
    status, out, err = show("--config", settings_file, "--set", "max_top_hits=4")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "average_bucket_size = 30" in lines
    assert "average_learning_duration = 30" in lines
    assert "max_top_hits = 4" in lines
    assert "timeout = 2" in lines


def test_learning_of_the_file_stays_when_set_changes_the_bucket(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("average_learning_duration = 600\n")
    config = configured(parse_arguments(["--config", str(path), "--set", "average_bucket_size=30"]), {})
    assert (config.average_bucket_size, config.average_learning_duration) == (30, 600)


def test_shown_settings_can_be_read_back(show: Show, settings_file: str, tmp_path: Path) -> None:
    _, shown, _ = show("--config", settings_file, "--set", "log_credentials=yes")
    again = tmp_path / "again.toml"
    again.write_text(shown)
    assert show("--config", str(again))[1] == shown


def test_the_users_file_is_used_but_not_for_the_demo(tmp_path: Path) -> None:
    (tmp_path / "http-monitor").mkdir()
    (tmp_path / "http-monitor" / "config.toml").write_text("average_bucket_size = 77\nmax_top_hits = 3\n")
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    mine = configured(parse_arguments([]), environment)
    demo = configured(parse_arguments(["--demo"]), environment)
    assert (mine.average_bucket_size, mine.max_top_hits) == (77, 3)
    assert (demo.average_bucket_size, demo.max_top_hits) == (10, Config.max_top_hits)


def test_the_demo_keeps_its_intervals_with_a_given_file(settings_file: str) -> None:
    demo = configured(parse_arguments(["--demo", "--config", settings_file]), {})
    assert (demo.average_bucket_size, demo.max_top_hits) == (10, 3)


def test_an_invalid_file_is_wrong_usage_in_one_line(show: Show, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("\nmax_top_hit = 3\n")
    status, out, err = show("--config", str(path))
    assert (status, out) == (2, "")
    assert err == f"exercise.py: {path}:2: no setting 'max_top_hit'; did you mean 'max_top_hits'?\n"


# statistics_folder ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stats, "__path__", list(stats.__path__))
    path = tmp_path / "statistics"
    path.mkdir()
    (path / "of_mine.py").write_text(PLUGIN)
    return path


def arguments_with(folder: Path) -> list[str]:
    return ["--set", f"statistics_folder={folder}", "--set", "statistics=request_rate,of_mine"]


def test_a_statistic_of_the_users_folder_is_found(folder: Path) -> None:
    config = configured(parse_arguments(arguments_with(folder)), {})
    assert [statistic.title for statistic in load(config.statistics)] == ["HTTP requests", "Of mine"]


def test_the_folder_may_be_named_from_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    configured(parse_arguments(arguments_with(Path("~/statistics"))), {})
    assert stats.__path__[-1] == str(folder)


def test_built_in_statistics_take_precedence(folder: Path) -> None:
    (folder / "top_methods.py").write_text(PLUGIN.replace("of_mine", "top_methods"))
    config = configured(
        parse_arguments(["--set", f"statistics_folder={folder}", "--set", "statistics=top_methods"]), {}
    )
    assert load(config.statistics)[0].title != "Of mine"


def test_a_missing_folder_is_reported(folder: Path) -> None:
    with pytest.raises(SettingError, match=r"^statistics_folder = '.*/none' is not a folder$"):
        configured(parse_arguments(arguments_with(folder.parent / "none")), {})


@root_only
@pytest.mark.parametrize("place", ["", "of_mine.py", "__pycache__/of_mine.cpython-310.pyc"])
def test_root_runs_no_code_that_others_can_write(folder: Path, place: str) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "of_mine.cpython-310.pyc").write_bytes(b"")
    (folder / place).chmod(0o707)
    with pytest.raises(SettingError, match=r"^statistics_folder: .* is writable by others \(chmod go-w\)$"):
        configured(parse_arguments(arguments_with(folder)), {})
    assert str(folder) not in stats.__path__


@root_only
@pytest.mark.parametrize("environment", [{}, {"SUDO_UID": "4001", "SUDO_GID": "4001"}], ids=["root", "sudo"])
def test_root_runs_code_of_no_other_user_not_even_of_the_sudo_caller(folder: Path, environment: dict[str, str]) -> None:
    os.chown(folder / "of_mine.py", 4001, 4001)
    with pytest.raises(SettingError, match="belongs to user 4001"):
        configured(parse_arguments(arguments_with(folder)), environment)
    assert str(folder) not in stats.__path__


def test_names_with_a_plus_are_added_to_the_list_of_before(tmp_path: Path) -> None:
    defaults = Config().statistics
    assert configured(parse_arguments(["--set", "statistics=+top_countries"]), {}).statistics == (
        *defaults,
        "top_countries",
    )
    file = tmp_path / "config.toml"
    file.write_text('statistics = ["+top_countries"]\nsignals = ["+volume_out"]\n')
    arguments = ["--config", str(file), "--set", "statistics=+largest_responses,+top_domains"]
    both = configured(parse_arguments(arguments), {})
    assert both.statistics == (*defaults, "top_countries", "largest_responses"), "what is there is not added twice"
    assert both.signals == (*Config().signals, "volume_out")


def test_a_list_is_either_added_or_it_replaces() -> None:
    with pytest.raises(SettingError, match=r"statistics = .* is not allowed: .*\+a,\+b adds to the list"):
        configured(parse_arguments(["--set", "statistics=+top_countries,top_paths"]), {})


def test_clients_paths_and_not_found_paths_are_counted_where_there_is_room() -> None:
    extra = Config.full_screen_statistics
    assert extra[:3] == ("top_clients", "top_paths", "not_found_paths")
    usual = Config().statistics
    assert Config().counted(full_screen=False) == usual
    assert Config().counted(full_screen=True) == (*usual[:4], *extra, *usual[4:])
    added = Config(statistics=(*usual, "top_paths", "top_countries"))
    assert added.counted(full_screen=True) == (
        *usual[:4], extra[0], *extra[2:], *usual[4:], "top_paths", "top_countries",
    )  # fmt: skip
    assert Config(statistics=("top_methods",)).counted(full_screen=True) == ("top_methods",), "as the user said"


def test_rules_enable_their_detector_and_get_more_time(tmp_path: Path) -> None:
    def of(*options: str) -> Config:
        return configured(parse_arguments(["--config", str(settings), *options]))

    settings = tmp_path / "config.toml"
    settings.write_text('waf_rules = ["/srv/coreruleset"]\n')
    assert "waf" not in of().detectors
    assert of("--crs").detectors == (*Config.detectors, "waf")
    assert (of("--crs").waf_rules, of("--crs", "a.conf", "--crs", "b").waf_rules) == (
        ("/srv/coreruleset",),
        ("a.conf", "b"),
    )
    assert [of(*each).inspection_budget for each in ((), ("--crs",), ("--crs", "--set", "inspection_budget=70"))] == [
        50, 500, 70,
    ]  # fmt: skip
    settings.write_text("inspection_budget = 80\n")
    assert of("--crs").inspection_budget == 80
