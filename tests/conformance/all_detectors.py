"""The program with all detectors and inspectors that can be used here, as its user runs it, and what it finds."""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from attack_scenes import LISTED_HASH, LISTED_HOST
from crs_cases import FOLDER, PROJECT, present

from capture.core import how_to_inspect
from detection.learned.inputs import FEATURES
from detection.learned.model import Linear, Model
from detection.learned.model_file import model_text
from detection.loading import available_inspectors

NEEDS: Final = {
    "sigma": ("sigma", "pySigma is not installed"),
    "malware": ("yara_x", "yara-x is not installed"),
    "waf": ("libmodsecurity", "libmodsecurity is not installed"),
}
"""Packages of detectors that not everybody has, and what is said without them."""
SIGMA: Final = """
title: Hidden file
logsource: {category: webserver}
level: high
detection:
  selection:
    cs-uri-stem|endswith: /.env
  condition: selection
"""
SURICATA: Final = """
alert http any any -> any any (msg:"Probe"; flow:to_server; http.uri; content:"/probe-7f3a"; priority:2; sid:1;)
alert dns any any -> any any (msg:"Bad name"; dns.query; content:"bad-7f3a.example.net"; priority:2; sid:2;)
"""
YARA: Final = 'rule Evil { strings: $a = "evil software" condition: $a }'

Findings = list[dict[str, Any]]
"""Lines of the log."""


def model(path: Path) -> Path:
    """Write a model that minds many cookies."""
    weights, names = np.zeros(len(FEATURES)), tuple(feature.name for feature in FEATURES)
    weights[names.index("cookies")] = 1.0
    mind = Model(names, {}, np.zeros(len(FEATURES), np.uint8), Linear(-20.0, weights), 0.5, 100, 50)
    path.write_text(model_text(mind))
    return path


def missing(name: str) -> str:
    """Return why a detector cannot be used here; empty if it can."""
    package, said = NEEDS.get(name, ("", ""))
    if package and find_spec(package) is None:
        return said
    if name == "waf" and not present():
        return f"no rules at {FOLDER}"
    return how_to_inspect() if name in available_inspectors() else ""


def options(folder: Path, *, with_waf: bool) -> list[str]:
    """Return what enables all detectors that can be used here, with the files that they need."""
    for name, text in (
        ("a.yml", SIGMA),
        ("a.yar", YARA),
        ("a.rules", SURICATA),
        ("feed.txt", f"{LISTED_HOST}\n{LISTED_HASH}\n"),
    ):
        (folder / name).write_text(text)
    given = ["--protocols", "+dns", "--indicators", str(folder / "feed.txt")]
    given += ["--set", "saas_policy=deny Dropbox: upload", "--suricata", str(folder / "a.rules")]
    given += ["--model", str(model(folder / "site.model"))]
    given += [] if missing("sigma") else ["--sigma", str(folder / "a.yml")]
    given += [] if missing("malware") else ["--yara", str(folder / "a.yar")]
    given += ["--crs", str(FOLDER)] if with_waf and not missing("waf") else []
    usable = [name for name in available_inspectors() if name not in NEEDS and not missing(name)]
    return [*given, *(["--set", f"detectors=+{',+'.join(usable)}"] if usable else [])]


def ran(
    arguments: Sequence[str], folder: Path, *, with_waf: bool, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Return how the program ended, with its findings as standard output."""
    command = [sys.executable, "exercise.py", "--user", "root", *arguments, *options(folder, with_waf=with_waf)]
    command += ["--log", "-", "--set", "log_records=findings"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=seconds, check=False)
    assert "disabled" not in ended.stderr, ended.stderr
    return ended


def logged(arguments: Sequence[str], folder: Path, *, with_waf: bool, seconds: float = 120) -> Findings:
    """Return the findings in the log."""
    ended = ran(arguments, folder, with_waf=with_waf, seconds=seconds)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]
