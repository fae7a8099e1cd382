"""The image's recipe. No container is built here: the steps are tried by what they consist of."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HADOLINT = shutil.which("hadolint", path=Path(sys.executable).parent.as_posix()) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="there is no hadolint here")
def test_hadolint_finds_no_fault() -> None:
    linted = subprocess.run([str(HADOLINT), "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
