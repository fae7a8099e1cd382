"""What a rule says besides what it looks for: between whom, and how bad it is. Pure."""

import re

from detection.suricata.names import FIRST, SEVERITIES, THIRD
from detection.suricata.networks import Test, addresses, ports
from detection.suricata.rule import Ends
from detection.suricata.text import RuleText, number
from traffic.finding import HIGH, INFO, LOW, MEDIUM


def severity(text: RuleText) -> str:
    """Return the severity by priority, or else by class.

    Raises:
        RuleError: the priority is no number.
    """
    priority, kind = text.value("priority"), text.value("classtype")
    if priority:
        return SEVERITIES.get(number(priority), INFO)
    return HIGH if kind in FIRST else LOW if kind in THIRD else MEDIUM


def technique(text: RuleText) -> str:
    """Return the technique of MITRE ATT&CK in the metadata; empty if there is none."""
    found = re.search(r"mitre_technique_id[ _:]+(T[0-9]{4}(?:[._][0-9]{3})?)", text.value("metadata"))
    return str(found[1]).replace("_", ".") if found else ""


def ends(text: RuleText, is_ours: Test) -> Ends:
    """Return whether a rule is about what a sender sends to a receiver, by their addresses and ports.

    Raises:
        RuleError: an address or port is malformed.
        UnsupportedError: it names an unknown variable.
    """
    source, destination = addresses(text.source, is_ours), addresses(text.destination, is_ours)
    source_port, destination_port = ports(text.source_port), ports(text.destination_port)

    def one_way(sender: str, sender_port: int, receiver: str, receiver_port: int) -> bool:
        return source_port(sender_port) and destination_port(receiver_port) and source(sender) and destination(receiver)

    def both_ways(sender: str, sender_port: int, receiver: str, receiver_port: int) -> bool:
        there, back = (sender, sender_port, receiver, receiver_port), (receiver, receiver_port, sender, sender_port)
        return one_way(*there) or one_way(*back)

    return both_ways if text.both_ways else one_way
