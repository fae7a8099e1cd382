"""docs/protecting.md names every setting, and its figures are the defaults."""

import re
from pathlib import Path

from exercise_config import Config
from settings.setting import settings_of

TEXT = (Path(__file__).parents[2] / "docs" / "protecting.md").read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    ours = {name for name in settings_of(Config) if name.startswith("block_")} | {"max_blocks"}
    assert {name for name in ours if f"`{name}" not in TEXT} - {"block_dry_run"} == set()
    assert "--block-dry-run=false" in TEXT
    assert set(re.findall(r"`(block_\w+)`", TEXT)) <= ours


def test_the_defaults_are_those_of_the_program() -> None:
    config = Config()
    assert config.block_dry_run
    assert (config.block_seconds, config.block_grace, config.max_blocks, config.block_alert_share) == (
        600,
        3600,
        1000,
        50,
    )
    assert (config.block_prefix_v4, config.block_prefix_v6, config.block_severity) == (32, 64, "high")
    assert config.block_rules == ("path_scan", "login_guessing")
    assert config.block_nginx_pause == 10
