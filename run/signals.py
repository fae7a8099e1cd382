"""Sets up the signals that `Config.signals` enables, each with its own settings."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from alerting.calendar import Calendar, CalendarError, holidays
from alerting.events import REQUEST_RATE
from alerting.loading import SignalError, available, load
from alerting.rule import Rule
from alerting.terms import Terms
from exercise_config import Config, SettingError
from settings.closest import did_you_mean
from stats.statistic import Statistic
from traffic.records import DnsLookup

SIGNALS: Final = (REQUEST_RATE, *(name for name in available() if name != REQUEST_RATE))
"""All signals, the request rate first. They are listed at the start, while the folder is certainly readable."""

MOST_TEXT: Final = 1_000_000
"""Characters of a file of holidays that are read."""


def rules(config: Config, statistics: Iterable[Statistic] | None = None) -> list[Rule]:
    """Return the rules of the enabled signals, in the order of the setting.

    Those of DNS lookups are left out if none of the shown `statistics` counts lookups: then none are captured.

    Raises:
        SettingError: a name is unknown or listed twice, the request rate is not first, or a file is not a signal.
    """
    _check("signals", config.signals)
    if config.signals[:1] != (REQUEST_RATE,):
        raise SettingError(f"signals = {config.signals!r} is invalid: it must begin with {REQUEST_RATE}")
    # The request rate is older than the other signals, and its settings have other names.
    of_rate = {"threshold": config.average_threshold, "bucket_size": bucket_size(config)}
    settings = vars(config) | {f"{REQUEST_RATE}_{name}": value for name, value in of_rate.items()}
    try:
        found = load(config.signals, settings)
    except SignalError as error:
        raise SettingError(str(error)) from error
    if statistics is None or any(statistic.record is DnsLookup for statistic in statistics):
        return found
    return [rule for rule in found if rule.statistics[0].record is not DnsLookup]


def units_of(config: Config, statistics: Sequence[Statistic]) -> dict[str, str]:
    """Return the unit of each of the shown `statistics`, and of what the signals count, by name."""
    counted = (each for rule in rules(config, statistics) for each in rule.statistics)
    return {each.name: each.unit.value for each in (*counted, *statistics)}


def bucket_size(config: Config) -> int:
    """Return the seconds of a judged bucket: `average_bucket_size`, rounded up to whole buckets of the store."""
    step = config.dashboard_bucket_size
    return -(-config.average_bucket_size // step) * step


def rounding(config: Config) -> tuple[str, ...]:
    """Return a sentence about the rounded bucket size, if it was rounded."""
    size, given = bucket_size(config), config.average_bucket_size
    if size == given:
        return ()
    return (f"average_bucket_size = {given} was rounded up to {size}, a multiple of dashboard_bucket_size",)


def terms(config: Config) -> Terms:
    """Return the terms by which signals are judged.

    Raises:
        SettingError: the file of holidays cannot be read, or has a line that is not a date.
    """
    return Terms(
        bucket_size=bucket_size(config),
        learning_duration=config.average_learning_duration,
        retention=config.max_retention_length,
        max_alerts=config.max_alerts,
        baselines={name: kind for name in SIGNALS if (kind := getattr(config, f"{name}_baseline", None))},
        calendar=_calendar(config.holidays),
        previous_buckets=config.previous_buckets,
        changes_per_hour=config.max_changes_per_hour,
        store_bucket=config.dashboard_bucket_size,
        overload_share=config.overload_share,
    )


@cache
def _calendar(file: str) -> Calendar:
    """Return the calendar of the local time zone, with the holidays of the file, if there is one. It is read once: the
    plan of a run does so while it can be read.

    Raises:
        SettingError: the file cannot be read, or has a line that is not a date.
    """
    if not file:
        return Calendar()
    try:
        with Path(file).expanduser().open(encoding="utf-8") as opened:
            return Calendar(None, holidays(opened.read(MOST_TEXT)))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingError(f"holidays: {file}: {reason}") from error
    except CalendarError as error:
        raise SettingError(f"holidays: {file}: {error}") from error


def _check(setting: str, names: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        if name not in SIGNALS:
            hint = did_you_mean(name, SIGNALS) or f"available: {', '.join(SIGNALS)}"
            raise SettingError(f"{setting}: no signal {name!r}; {hint}")
        if name in names[:place]:
            raise SettingError(f"{setting}: {name} is listed twice")
