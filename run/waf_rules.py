"""The rules of a web application firewall, for whoever judges requests before they pass."""

from collections.abc import Sequence

from capture.core import CORE
from detection.waf.directives import Limits, directives
from detection.waf.files import RulesError, found
from detection.waf.prefilter import Prefilter
from detection.waf.rule_files import prefilter
from exercise_config import Config


def wanted_limits(config: Config) -> Limits:
    """Return what the settings say of the rules' levels and thresholds."""
    return Limits(config.waf_paranoia, 0, config.waf_threshold, config.waf_outbound_threshold)


def loaded_prefilter(rules: Sequence[str], wanted: Limits) -> Prefilter | None:
    """Return the prefilter of the rules, which the workers have accepted; None if it cannot be made."""
    try:
        return prefilter(CORE, directives(found(rules), wanted))
    except RulesError:
        return None
