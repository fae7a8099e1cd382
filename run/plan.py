"""Plans a run before anything is opened, so that wrong settings are reported first."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from capture.named_files import named_files
from capture.privileges import chosen_user
from cli.arguments import Arguments
from cli.build import PROGRAM
from cli.history_file import folder_of
from detection import loading as detection
from detection.detector import Detector
from detection.loading import inspecting
from exercise_config import Config, SettingError
from notices.receivers import Receivers, from_settings
from outputs.otlp.statistics import MetricStatistic
from run import log
from run.decoding import content_lines, feature_lines, named_fields, thread_lines, undecoded
from run.evidence import incident_lines
from run.intelligence import detecting
from run.otlp import exports, exposed, metric_statistics
from run.sensor import is_sensor, sensor_name, store_address
from run.signals import rounding, rules, terms
from stats.loading import load
from stats.statistic import Statistic, only_when_seen
from store.filtering.errors import FilterError
from store.filtering.filter import Filter, parse


class Plan(NamedTuple):
    """The statistics and detectors, the filter for exchanges, the receivers of notices, and the folder for what is
    remembered.
    """

    statistics: list[Statistic]
    detectors: list[Detector]
    only: Filter | None
    """Filter for exchanges; None counts all of them."""
    receivers: Receivers
    state_folder: Path
    """Folder of the user that the program switches to, which cannot be found any more once it has."""
    metrics: tuple[MetricStatistic, ...] = ()
    """Statistics that are counted for OTLP alone."""
    inspectors: tuple[str, ...] = ()
    """Names of inspectors, which are loaded in a process of their own."""

    @property
    def counted(self) -> list[Statistic]:
        """All statistics, which decide what is captured and decoded."""
        return [*self.statistics, *self.metrics]


def planned(arguments: Arguments, config: Config) -> Plan:
    """Return the plan of a run. Its warnings are printed on standard error.

    Raises:
        SettingError: a signal, the holidays, a receiver, a header field, a detector, the store, or the filter of
            `--only` is wrong.
        StatisticError: a statistic is wrong.
        DetectorError: a detector is wrong.
        UnknownUser: the setting `user` names nobody that the program may become.
    """
    rules(config)
    terms(config)
    named_fields(config)
    log.daemons(arguments, config)
    if is_sensor(arguments, config):
        store_address(config)
        sensor_name(config)
    statistics = load(config.counted(arguments.ui == "full"), vars(config))
    if config.adds_to_usual:  # panels that appear later push no other out
        statistics.sort(key=only_when_seen)
    off = undecoded(config, statistics, log.logged_kinds(arguments, config))
    detectors = detection.load(detecting(config), vars(config), off)
    only = _filter(arguments.only, statistics)
    receivers = from_settings(config, os.environ, arguments.read not in (None, "-"), named_files(config.user).open)
    exposures = (*(exposed(config) if exports(arguments, config) else ()), *log.exposed(config))
    inspectors = inspecting(detecting(config))
    told = (
        *incident_lines(arguments.incident),
        *rounding(config),
        *thread_lines(config),
        *content_lines(inspectors),
        *feature_lines(config),
    )
    for sentence in (*told, *receivers.warnings, *exposures):
        print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    state_folder = folder_of(chosen_user(config.user, os.environ), os.environ)
    metrics = metric_statistics(config, statistics) if exports(arguments, config) else ()
    return Plan(statistics, detectors, only, receivers, state_folder, metrics, inspectors)


def _filter(text: str, statistics: Sequence[Statistic]) -> Filter | None:
    try:
        return parse(text, statistics) if text else None
    except FilterError as error:
        wrong = text[error.start : error.end]
        raise SettingError(f"--only: {error.message}" + (f" ({wrong!r})" if wrong else "")) from None
