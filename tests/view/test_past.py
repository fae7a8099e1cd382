"""Recent traffic, as it is compared with the past."""

from dataclasses import replace

from view_samples import CALM

from view.past import lately


def test_lately_is_ten_minutes_as_far_as_there_are_any() -> None:
    assert lately(replace(CALM, request_rate=(9.0,) * 40 + (1.0,) * 30 + (2.0,) * 30)) == 1.5
    assert lately(replace(CALM, request_rate=(4.0,))) == 4
    assert lately(replace(CALM, request_rate=())) is None
    assert lately(replace(CALM, request_rate=None)) is None
