"""What is wrong in the traffic, as a detector sees it. No decoder emits it, but it is a record like theirs."""

from typing import Final, NamedTuple

INFO: Final = "info"
LOW: Final = "low"
MEDIUM: Final = "medium"
HIGH: Final = "high"
CRITICAL: Final = "critical"
SEVERITIES: Final = (INFO, LOW, MEDIUM, HIGH, CRITICAL)
"""How bad a finding is, lowest first."""


class Finding(NamedTuple):
    """Something wrong in the traffic, as a detector sees it. Evidence is cut and masked."""

    time: float
    """Capture time of the record that completed it, in seconds since the epoch."""
    rule: str
    """What was found, as `path_scan`, or the number of a rule of a rule set."""
    detector: str
    """Name of the detector."""
    severity: str
    """One of SEVERITIES."""
    client: str
    """Who did it; empty if unknown."""
    client_port: int
    """Port of the client; 0 if it concerns several connections."""
    server: str
    server_port: int
    host: str
    """Host name that it concerns, in lower case; empty if there is none."""
    path: str
    """Path without query, or name, that it concerns; empty if there are several."""
    reason: str
    """One line: what was seen, with numbers."""
    evidence: str = ""
    """Part of the traffic that shows it, without secrets; empty if the reason says it all."""
    technique: str = ""
    """Technique of MITRE ATT&CK, such as `T1595.003`; empty if there is none."""
