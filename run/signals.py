"""The signals that `Config.signals` turns on, each with its own settings."""

import difflib
from collections.abc import Callable, Mapping
from typing import Final

from alerting.events import REQUEST_RATE
from alerting.rule import Rule
from alerting.signals.dominant_client import DominantClient
from alerting.signals.dominant_section import DominantSection
from alerting.signals.error_ratio_4xx import ErrorRatio4xx
from alerting.signals.error_ratio_5xx import ErrorRatio5xx
from alerting.signals.new_connections import NewConnections
from alerting.signals.request_rate import RequestRate
from alerting.signals.response_time import ResponseTime
from alerting.signals.traffic_drop import TrafficDrop
from alerting.signals.unanswered import Unanswered
from alerting.signals.volume_out import VolumeOut
from alerting.terms import Terms
from exercise_config import Config, SettingError

SIGNALS: Final[Mapping[str, Callable[[Config], Rule]]] = {
    REQUEST_RATE: lambda c: RequestRate(c.average_threshold, bucket_size(c)),
    "traffic_drop": lambda c: TrafficDrop(c.traffic_drop_threshold, c.traffic_drop_floor),
    "error_ratio_5xx": lambda c: ErrorRatio5xx(c.error_ratio_5xx_threshold, c.error_ratio_5xx_floor),
    "error_ratio_4xx": lambda c: ErrorRatio4xx(c.error_ratio_4xx_threshold, c.error_ratio_4xx_floor),
    "response_time": lambda c: ResponseTime(c.response_time_threshold, c.response_time_floor, c.response_time_least),
    "unanswered": lambda c: Unanswered(c.unanswered_threshold, c.unanswered_floor),
    "volume_out": lambda c: VolumeOut(c.volume_out_threshold, c.volume_out_floor),
    "new_connections": lambda c: NewConnections(c.new_connections_threshold, c.new_connections_floor),
    "dominant_client": lambda c: DominantClient(c.dominant_client_threshold, c.dominant_client_floor),
    "dominant_section": lambda c: DominantSection(c.dominant_section_threshold, c.dominant_section_floor),
}
"""How each signal is made from the settings, by name."""


def rules(config: Config) -> list[Rule]:
    """Return the rules of the signals that are on, in the order of the setting.

    Raises:
        SettingError: a name is unknown or comes twice, or the request rate is not the first.
    """
    _check("signals", config.signals)
    _check("signals_against_previous", config.signals_against_previous)
    if config.signals[:1] != (REQUEST_RATE,):
        raise SettingError(f"signals = {config.signals!r} is not allowed: {REQUEST_RATE} is always on, and the first")
    return [SIGNALS[name](config) for name in config.signals]


def bucket_size(config: Config) -> int:
    """Return the seconds of a judged bucket: `average_bucket_size`, rounded up to whole buckets of the store."""
    step = config.dashboard_bucket_size
    return -(-config.average_bucket_size // step) * step


def rounding(config: Config) -> tuple[str, ...]:
    """Return a sentence that says that the bucket size was rounded, if it was."""
    size, given = bucket_size(config), config.average_bucket_size
    if size == given:
        return ()
    return (f"average_bucket_size = {given} becomes {size}, a multiple of dashboard_bucket_size",)


def terms(config: Config) -> Terms:
    """Return how signals are judged."""
    return Terms(
        bucket_size=bucket_size(config),
        learning_duration=config.average_learning_duration,
        retention=config.max_retention_length,
        max_alerts=config.max_alerts,
        previous=frozenset(config.signals_against_previous),
        previous_buckets=config.previous_buckets,
        changes_per_hour=config.max_changes_per_hour,
        store_bucket=config.dashboard_bucket_size,
    )


def _check(setting: str, names: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        if name not in SIGNALS:
            near = difflib.get_close_matches(name, SIGNALS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(SIGNALS)}"
            raise SettingError(f"{setting}: no signal {name!r}; {hint}")
        if name in names[:place]:
            raise SettingError(f"{setting}: {name} comes twice")
