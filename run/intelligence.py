"""Threat intelligence and rules in a run: which files there are, and who reads them.

What reads them is imported only if there are some, because it takes time at the start.
"""

import os
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from capture.named_files import NamedFiles
from detection.detector import Detector
from exercise_config import Config, SettingError
from run.enabled import enabled
from run.news import HasNews

if TYPE_CHECKING:
    from run.feeds import Intelligence
    from run.rule_files import RuleFiles

NAME: Final = "threat_intelligence"
"""The detector that needs files with indicators."""
LEARNED: Final = "learned"
"""The detector that needs a model."""
_HASHING: Final = "file_hashes"
UNHASHED: Final = f"indicators: hashes are compared with certificates only; for files, add --set detectors=+{_HASHING}"


class Reader(HasNews, Protocol):
    """Reads the files of a detector, also while the program runs."""

    @property
    def warnings(self) -> Sequence[str]:
        """Sentences about files that cannot be read."""

    def start(self) -> None:
        """Begin, after the rights were dropped."""

    def close(self) -> None:
        """End."""


def detecting(config: Config) -> tuple[str, ...]:
    """Return the names of the detectors and inspectors of a run; see `run.enabled`.

    Raises:
        SettingError: a detector is enabled without files.
    """
    if NAME in config.detectors and not config.indicators:
        raise SettingError(f"detectors: {NAME} needs files with indicators; name them with --indicators FILE")
    if LEARNED in config.detectors and not config.learned_model:
        raise SettingError(f"detectors: {LEARNED} needs a model; name it with --model FILE, see docs/learning.md")
    return enabled(config)


def read_again(config: Config) -> list[str]:
    """Return the folders of the files that are read again: a new file takes the place of an old one."""
    named = (*config.indicators, *config.indicators_allowed, *config.sigma_rules, *config.suricata_rules)
    paths = [os.path.abspath(path) for path in (*named, config.learned_model) if path]
    real = [each for path in paths for each in dict.fromkeys((path, os.path.realpath(path)))]
    return [path if os.path.isdir(path) else os.path.dirname(path) for path in real]


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
    unhashed = "" if _HASHING in detecting(config) else UNHASHED
    return opened_for(detector, config, files, unhashed, live=live)


def open_sigma(config: Config, detectors: Sequence[Detector], files: NamedFiles, *, live: bool) -> "RuleFiles | None":
    """Read the Sigma rules of the settings; None if there are none.

    Raises:
        SettingError: a file is wrong, or pySigma is missing.
        CaptureError: as in `NamedFiles.open`.
    """
    if not config.sigma_rules:
        return None
    from detection.detectors.sigma import Sigma
    from run.rule_files import RuleFiles

    try:
        from run.sigma import use_sigma
    except ImportError as missing:
        packages = "pip install -r requirements-sigma.txt"
        raise SettingError(f"--sigma needs the package pySigma ({missing}); run: {packages}") from missing
    detector = next(each for each in detectors if isinstance(each, Sigma))
    return RuleFiles(partial(use_sigma, detector, config.sigma_rules), files.open, live=live)


def open_suricata(
    config: Config, detectors: Sequence[Detector], files: NamedFiles, decoded: Collection[str], *, live: bool
) -> "RuleFiles | None":
    """Read the rules of Suricata in the settings; None if there are none. These protocols are decoded besides HTTP/1.

    Raises:
        SettingError: a file is wrong.
        CaptureError: as in `NamedFiles.open`.
    """
    if not config.suricata_rules:
        return None
    from detection.detectors.suricata_names import SuricataNames
    from run.rule_files import RuleFiles
    from run.suricata import unseen, use_suricata

    detector = next((each for each in detectors if isinstance(each, SuricataNames)), SuricataNames())
    use = partial(use_suricata, detector, config.suricata_rules, config.suricata_home_net, unseen(decoded))
    return RuleFiles(use, files.open, live=live)


def open_model(config: Config, detectors: Sequence[Detector], files: NamedFiles, *, live: bool) -> "RuleFiles | None":
    """Read the model of the settings; None if there is none.

    Raises:
        SettingError: the file cannot be read, or is no model that can be used.
        CaptureError: as in `NamedFiles.open`.
    """
    if not config.learned_model:
        return None
    from detection.detectors.learned import Learned
    from run.learned import use_model
    from run.rule_files import RuleFiles

    detector = next(each for each in detectors if isinstance(each, Learned))
    path = os.path.abspath(config.learned_model)
    return RuleFiles(partial(use_model, detector, path), files.open, live=live, watched=path)


def open_readers(
    config: Config, detectors: Sequence[Detector], files: NamedFiles, decoded: Collection[str], *, live: bool
) -> list[Reader]:
    """Open the files that detectors need. It raises what `open_intelligence` and the like do."""
    opened = (
        open_intelligence(config, detectors, files, live=live),
        open_sigma(config, detectors, files, live=live),
        open_suricata(config, detectors, files, decoded, live=live),
        open_model(config, detectors, files, live=live),
    )
    return [reader for reader in opened if reader is not None]
