"""A connection takes little memory, and records that nobody takes are limited."""

import json
import subprocess
import sys

import pytest

from exercise_config import Config

from .connection_memory import CASES, NOT_TAKEN
from .difference import HAS_CORE, WHY_NOT
from .measure import ROOT

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured as Linux tells it"),
    pytest.mark.skipif(not HAS_CORE, reason=WHY_NOT),
]
HALF = 2048
"""Maximum bytes per connection: half of what the Python decoder alone takes."""
OPEN_WEBSOCKET = HALF + 512
"""An open WebSocket also keeps its request, and what has been counted of both sides."""


def measured(name: str, n: int) -> list[float]:
    command = [sys.executable, "-m", "tests.attacks.connection_memory", name, str(n)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    told: list[float] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", CASES)
def test_a_connection_takes_at_most_half_of_4_kib(name: str) -> None:
    each, _ = measured(name, 20_000)
    assert 50 < each < (OPEN_WEBSOCKET if name == "websockets" else HALF)


def test_the_dictionaries_of_a_batch_that_nobody_takes_are_limited() -> None:
    config = Config()
    each, kept = measured(NOT_TAKEN, config.max_queued_records)
    assert kept == config.max_queued_records
    assert each * kept < 100 * 2**20
