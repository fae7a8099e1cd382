"""Combines the settings of a run: the settings file overrides the defaults, and `--set` overrides both."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.arguments import Arguments
from exercise_config import Config, SettingError
from settings.file import read
from settings.setting import find, settings_of
from settings.trust import UntrustedError, check
from stats.loading import look_in

if TYPE_CHECKING:
    from incidents.record import Recorded

_BUDGET_FOR_RULES: Final = "500"
"""Milliseconds for an exchange, if rules of a web application firewall run and the user does not say."""

_PATHS: Final = {
    "keys": "keys", "indicators": "indicators", "sigma": "sigma_rules", "suricata": "suricata_rules",
    "yara": "malware_rules",
}  # fmt: skip
"""Options with paths, each with the setting that they replace."""


def configured(arguments: Arguments, environment: Mapping[str, str] = os.environ) -> Config:
    """Return the settings. The demo has its own defaults and ignores the user's file.

    Raises:
        SettingError: a file cannot be read, a setting is unknown, or a value is invalid.
    """
    texts, values = arguments.settings, {}
    if arguments.demo:
        from demo.settings import DEMO_SETTINGS

        texts = {**DEMO_SETTINGS, **texts}
    if arguments.config is not None or not arguments.demo:
        values = read(arguments.config, environment, settings_of(Config))
    if arguments.incident is not None:
        values = {**values, **_judged_by(arguments.incident)}
    if arguments.crs is not None and "inspection_budget" not in values:
        texts = {"inspection_budget": _BUDGET_FOR_RULES, **texts}
    config = Config.with_settings(texts, values)
    given = {setting: paths for option, setting in _PATHS.items() if (paths := getattr(arguments, option))}
    config = replace(config, **given)
    if arguments.crs is not None and arguments.proxy is None:
        config = with_rules(config, arguments.crs)
    elif arguments.crs is not None:  # the proxy's agent runs the rules, and no detector
        detectors = tuple(name for name in config.detectors if name != "waf")
        config = replace(config, detectors=detectors, waf_rules=())
    if arguments.proxy is not None and config.log_records == Config.log_records:
        config = replace(config, log_records=(*config.log_records, "findings"))  # the numbers on refused pages
    return _with_plugins(config)


def with_rules(config: Config, paths: Sequence[str]) -> Config:
    """Enable the detector `waf`, with the rules at these paths; without paths, those of the settings."""
    detectors = config.detectors if "waf" in config.detectors else (*config.detectors, "waf")
    return replace(config, detectors=detectors, waf_rules=tuple(filter(None, paths)) or config.waf_rules)


def plainly_configured(
    file: str | None, texts: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> Config:
    """Return the settings of a command that captures nothing.

    Raises:
        SettingError: a file cannot be read, a setting is unknown, or a value is invalid.
    """
    return _with_plugins(Config.with_settings(texts, read(file, environment, settings_of(Config))))


def _with_plugins(config: Config) -> Config:
    """Look for statistics in the folder that the settings name."""
    if config.statistics_folder:
        look_in(str(_trusted(config.statistics_folder)))
    return config


def _judged_by(incident: "Recorded") -> Mapping[str, Any]:
    """Return the settings by which the alert of an incident was judged."""
    try:
        for name, value in incident.settings.items():
            find(settings_of(Config), name).check(value)
    except SettingError as error:
        raise SettingError(f"{incident.packets.parent}: {error}") from None
    return incident.settings


def _trusted(name: str) -> Path:
    """Return the folder. It holds code that root would run, so only root may have written to it, no sudo caller."""
    folder = Path(name).expanduser()
    try:
        if not folder.is_dir():
            raise SettingError(f"statistics_folder = {name!r} is not a folder")
        for path in (folder, *folder.rglob("*")):
            check(path, frozenset())
    except UntrustedError as error:
        raise SettingError(f"statistics_folder: {error}") from error
    except OSError as error:
        raise SettingError(f"statistics_folder = {name!r} cannot be read: {error.strerror}") from error
    return folder.resolve()
