"""Runs each attack at a size small enough for a test; `make attacks` uses the full sizes."""

import subprocess
import sys

import pytest

from capture.core import CORE
from exercise_config import Config
from run.memory_bound import memory_bound

from .attacks import ATTACKS
from .measure import measure
from .table import found_wrong

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured as Linux tells it")

SMALLER = {"endless_header": 40, "gzip_bombs": 10, "single_bytes": 25, "overlaps": 100, "combs": 50}
"""How many times smaller an attack is than in the table; the others use USUAL."""
USUAL = 100
ENOUGH = 256 * 2**20
"""Sufficient memory in bytes for attacks of these sizes."""


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_costs_little_and_is_seen(name: str) -> None:
    attack = ATTACKS[name]
    if attack.core_only and CORE is None:
        pytest.skip("needs the core")
    size = attack.size // SMALLER.get(name, USUAL)
    faults = [""]
    for _ in range(3):  # on a busy machine a time may be wrong once, but a real fault repeats
        if faults:
            small, full = (measure(name, n, ENOUGH) for n in (size // 10, size))
            faults = list(found_wrong(attack._replace(flood=()), small, full, ENOUGH))
    assert faults == []


def test_the_memory_limit_is_enforced() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure("half_heads", 20_000, -450 * 2**20)


def test_tighter_settings_lower_the_memory_limit() -> None:
    tight = Config(
        max_connections=1000,
        max_queued_records=10_000,
        max_queued_characters=2**20,
        max_recent_exchanges=5000,
        max_recent_characters=2**20,
        max_keys=500,
        max_str_length=256,
    )
    assert memory_bound(tight) < memory_bound(Config()) / 2.5
