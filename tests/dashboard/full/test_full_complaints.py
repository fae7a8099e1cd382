"""Standard error while the full screen is up."""

import os
import sys

import pytest

from dashboard.full.complaints import collected


def test_what_is_kept_is_printed_afterwards_and_is_no_complaint(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with collected(True) as complaints:
        os.write(2, b"eth0 is down\n")
        complaints.keep(" State     LEARNING")
        os.write(2, b"eth0 is up\n")
        assert complaints.latest() == ["eth0 is down", "eth0 is up"]
        assert complaints.latest() == []
    assert capfd.readouterr().err == "eth0 is down\n State     LEARNING\neth0 is up\n"
