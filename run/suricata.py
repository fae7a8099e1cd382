"""Suricata's rules in a run: those for DNS and TLS; an inspector reads those for HTTP itself."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from capture.core import CORE, how_to_inspect
from detection.detectors.suricata_names import SuricataNames
from detection.suricata.files import read
from detection.suricata.rule import DNS, HTTP, TLS
from detection.suricata.text import RuleError
from exercise_config import SettingError
from run.rule_files import OpenFile, line


def use_suricata(
    detector: SuricataNames,
    paths: Sequence[str],
    home_net: Sequence[str],
    not_seen: Mapping[str, str],
    open_file: OpenFile,
) -> str:
    """Have the detector apply the rules at `paths`. Return a line for the user about all of them.

    `not_seen` are protocols that nobody decodes, with the reason; rules for them count as left out.

    Raises:
        SettingError: a file cannot be read, or a rule or network is malformed.
    """
    try:
        found = read(paths, home_net, open_file)
    except RuleError as error:
        raise SettingError(str(error)) from error
    applied = [rule for rule in found.rules if rule.protocol not in not_seen]
    detector.use(applied)
    idle = Counter(not_seen[rule.protocol] for rule in found.rules if rule.protocol in not_seen)
    return line("suricata", len(applied), (found.left_out + idle).most_common())


def unseen(decoded: Collection[str]) -> dict[str, str]:
    """Return the protocols of rules that are not seen in this run, with the reason. `decoded` are the names of
    protocols that are decoded besides HTTP/1, if there is the core.
    """
    found = {HTTP: how_to_inspect()}
    for name, protocol in ((DNS, "dns"), (TLS, "tls")):
        if CORE is None or protocol not in decoded:
            found[name] = f"{protocol.upper()} is not decoded (--protocols +{protocol})"
    return {protocol: reason for protocol, reason in found.items() if reason}
