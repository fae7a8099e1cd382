"""Threat intelligence in a run: which files it has, who reads them, and how the user learns of it.

What reads them is imported only if there are some, because it takes time at the start.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from capture.named_files import NamedFiles
from detection.detector import Detector
from exercise_config import Config, SettingError
from view.outlet import Outlet
from view.view import View

if TYPE_CHECKING:
    from run.feeds import Intelligence

NAME: Final = "threat_intelligence"
"""The detector that needs files with indicators."""
_ENABLED_BY: Final = {NAME: ("indicators",), "saas": ("saas_policy", "saas_tenants")}
"""Settings that enable a detector."""


def detecting(config: Config) -> tuple[str, ...]:
    """Return the names of the detectors of a run: some are enabled by the settings that they need.

    Raises:
        SettingError: a detector is enabled without files.
    """
    if NAME in config.detectors and not config.indicators:
        raise SettingError(f"detectors: {NAME} needs files with indicators; name them with --indicators FILE")
    called_for = (name for name, settings in _ENABLED_BY.items() if any(getattr(config, each) for each in settings))
    return (*config.detectors, *(name for name in called_for if name not in config.detectors))


def read_again(config: Config) -> list[str]:
    """Return the folders of the files with indicators: a new file takes the place of an old one."""
    paths = [os.path.abspath(path) for path in (*config.indicators, *config.indicators_allowed)]
    return [os.path.dirname(each) for path in paths for each in dict.fromkeys((path, os.path.realpath(path)))]


def open_intelligence(
    config: Config, detectors: Sequence[Detector], files: NamedFiles, *, live: bool
) -> "Intelligence | None":
    """Open the files of the settings; None if there are none.

    Raises:
        SettingError: a file cannot be opened.
        CaptureError: as in `NamedFiles.open`.
    """
    if not config.indicators:
        return None
    from detection.detectors.threat_intelligence import ThreatIntelligence
    from run.feeds import opened_for

    detector = next(each for each in detectors if isinstance(each, ThreatIntelligence))
    return opened_for(detector, config, files, live=live)


class FeedNews(Outlet):
    """Prints what was read with `say`, between two Views."""

    def __init__(self, intelligence: "Intelligence", say: Callable[[str], None], want_view: Callable[[], None]) -> None:
        self._news = intelligence.news
        self._say = say
        intelligence.told = want_view
        if self._news:
            want_view()

    def show(self, view: View, refreshed: bool) -> None:
        """Print what has not been printed."""
        with suppress(IndexError):  # the thread only adds
            while True:
                self._say(self._news.popleft())

    def finish(self, view: View) -> None:
        """Print the rest."""
        self.show(view, refreshed=True)
