"""What a rule says besides what it looks for: between whom, and how bad it is. Pure."""

import re
from collections.abc import Callable

from detection.suricata.names import FIRST, SEVERITIES, THIRD
from detection.suricata.networks import Test, addresses, ports
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


def ends(text: RuleText, to_server: bool | None, is_ours: Test) -> Callable[[str, int, str, int], bool]:
    """Return whether a rule is about traffic between a client and a server, by their addresses and ports.

    The source of a rule is who sends: the client if it is about requests (`to_server`), either if nothing says so.

    Raises:
        RuleError: an address or port is malformed.
        UnsupportedError: it names an unknown variable.
    """
    source, destination = addresses(text.source, is_ours), addresses(text.destination, is_ours)
    source_port, destination_port = ports(text.source_port), ports(text.destination_port)

    def sent(sender: str, sender_port: int, receiver: str, receiver_port: int) -> bool:
        return source_port(sender_port) and destination_port(receiver_port) and source(sender) and destination(receiver)

    def fits(client: str, client_port: int, server: str, server_port: int) -> bool:
        forth = text.both_ways or to_server is not False
        back = text.both_ways or to_server is not True
        return (forth and sent(client, client_port, server, server_port)) or (
            back and sent(server, server_port, client, client_port)
        )

    return fits
