"""What is suggested for a name that does not exist."""

import pytest

from settings.closest import did_you_mean


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("timeuot", "did you mean 'timeout'?"),
        ("time_out", "did you mean 'timeout'?"),
        ("window", ""),
        ("", ""),
    ],
)
def test_the_closest_name_is_suggested_if_one_is_close(name: str, told: str) -> None:
    assert did_you_mean(name, ["retention", "timeout", "threshold"]) == told
