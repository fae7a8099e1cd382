"""Checks the Dockerfile. No container is built: other tests cover its steps."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HADOLINT = shutil.which("hadolint", path=Path(sys.executable).parent.as_posix()) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
def test_hadolint_finds_no_fault() -> None:
    linted = subprocess.run([str(HADOLINT), "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
