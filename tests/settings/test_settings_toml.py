"""The output of --show-config is a settings file that gives the same settings again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercise_config import Config
from settings.explanations import explanations
from settings.file import read
from settings.setting import SECRET, Range, Setting, settings_of
from settings.toml import as_toml

KNOWN = settings_of(Config)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Generates valid values of a setting."""
    if setting.span is not None:
        kind = st.integers if setting.base is int else st.floats
        return kind(setting.span.lowest, setting.span.highest)  # type: ignore[arg-type]
    if setting.choices and setting.base is tuple:
        return st.lists(st.sampled_from(setting.choices), unique=True).map(tuple)
    if setting.choices:
        return st.sampled_from(setting.choices)
    parts = TEXTS.filter(lambda text: not text.startswith("+"))  # which would be added to the default
    return {bool: st.booleans(), str: TEXTS, tuple: st.lists(parts, max_size=40).map(tuple)}[setting.base]


def read_back(text: str, folder: Path) -> Config:
    path = folder / "shown.toml"
    path.write_text(text, encoding="utf-8")
    return Config.with_settings({}, read(str(path), {}, KNOWN))


@pytest.mark.parametrize(
    "setting", [each for each in KNOWN.values() if each.choices and each.base is str], ids=lambda each: each.name
)
def test_a_choice_is_accepted_as_it_is_listed(setting: Setting) -> None:
    above, _, _ = Config().as_toml().partition(f"\n{setting.name} = ")
    comment, _, named = above.replace("\n# ", " ").rpartition("One of: ")
    assert comment
    for choice in named.split(", "):
        setting.check(choice)


def test_the_defaults_are_read_back(tmp_path: Path) -> None:
    assert read_back(Config().as_toml(), tmp_path) == Config()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.fixed_dictionaries({}, optional={name: values(setting) for name, setting in KNOWN.items()}))
def test_any_settings_are_read_back(changed: dict[str, Any], tmp_path: Path) -> None:
    config = Config(**{name: value for name, value in changed.items() if not KNOWN[name].secret})
    assert read_back(config.as_toml(), tmp_path) == config


def test_each_setting_follows_its_explanation_and_valid_values() -> None:
    lines = Config().as_toml().splitlines()
    assert lines[0].startswith("# Intervals ---")
    place = lines.index("average_bucket_size = 120")
    assert lines[place - 4 : place] == [
        "",
        "# Interval at which the rate is compared with the baseline; rounded up to a multiple of",
        "# dashboard_bucket_size.",
        "# A whole number from 1 to 86,400 s",
    ]
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", KNOWN)
def test_each_setting_is_explained(name: str) -> None:
    assert explanations(Config)[name].words


@dataclass(frozen=True)
class Owner:
    # Greetings ------------

    hello: Annotated[int, Range(1, 9, "times")] = 1
    """Said
    often."""
    bye: bool = True

    # Who ------------

    password: Annotated[str, SECRET] = ""
    """To come in."""


def test_headings_and_explanations_are_written() -> None:
    assert as_toml(Owner()).splitlines() == [
        "# Greetings ".ljust(100, "-"),
        "",
        "# Said often.",
        "# A whole number from 1 to 9 times",
        "hello = 1",
        "",
        "bye = true",
        "",
        "# Who ".ljust(100, "-"),
        "",
        "# To come in.",
        'password = ""',
    ]


def test_a_secret_is_not_shown() -> None:
    text = as_toml(Owner(password="swordfish"))
    assert "swordfish" not in text
    assert text.splitlines()[-1] == "# password is set but not shown"
