"""Which detectors a run has: those that are named, and those that other settings need or enable. Pure."""

from typing import Final

from exercise_config import Config

ENABLED_BY: Final = {
    "threat_intelligence": ("indicators",),
    "saas": ("saas_policy", "saas_tenants"),
    "sigma": ("sigma_rules",),
    "suricata": ("suricata_rules",),
    "suricata_names": ("suricata_rules",),
    "data_leak": ("data_leak_patterns",),
    "waf": ("waf_rules",),
    "malware": ("malware_rules", "malware_clamav"),
    "learned": ("learned_model",),
}
"""Settings that enable a detector."""


def enabled(config: Config) -> tuple[str, ...]:
    """Return the names of detectors and inspectors."""
    called_for = [name for name, settings in ENABLED_BY.items() if any(getattr(config, each) for each in settings)]
    if "files" in config.log_records:
        called_for.append("file_hashes")
    return (*config.detectors, *(name for name in called_for if name not in config.detectors))
