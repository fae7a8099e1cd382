"""Suricata's rules in a run: those for DNS and TLS; an inspector reads those for HTTP itself."""

from collections.abc import Sequence

from detection.detectors.suricata_names import SuricataNames
from detection.suricata.files import read
from detection.suricata.text import RuleError
from exercise_config import SettingError
from run.rule_files import OpenFile, line


def use_suricata(detector: SuricataNames, paths: Sequence[str], home_net: Sequence[str], open_file: OpenFile) -> str:
    """Have the detector apply the rules at `paths`. Return a line for the user about all of them.

    Raises:
        SettingError: a file cannot be read, or a rule or network is malformed.
    """
    try:
        found = read(paths, home_net, open_file)
    except RuleError as error:
        raise SettingError(str(error)) from error
    detector.use(found.rules)
    return line("suricata", len(found.rules), found.left_out.most_common())
