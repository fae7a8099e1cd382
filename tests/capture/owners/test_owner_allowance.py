"""Work that may be done only at a certain rate."""

import pytest

from capture.owners.allowance import Allowance


def test_an_allowance_grows_with_time_up_to_a_limit() -> None:
    now = [100.0]
    allowance = Allowance(rate=0.5, most=2.0, clock=lambda: now[0])
    assert allowance.left() == 2.0
    allowance.use(3.0)
    assert allowance.left() == -1.0
    assert allowance.pause() == 2.0
    now[0] += 3.0
    assert (allowance.left(), allowance.pause()) == (0.5, 0.0)
    now[0] += 1000.0
    assert allowance.left() == pytest.approx(2.0)
