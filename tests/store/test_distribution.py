"""Percentiles from logarithmic bins are as exact as promised, however many parts were merged."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import ceil, exp, log
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, strategies

from store.distribution import (
    ERROR,
    FIRST,
    GAMMA,
    HIGHEST,
    LAST,
    LOWEST,
    NO_TIMES,
    NOT_TIMED,
    Distribution,
    bin_of,
    bins_of,
    value_of,
)

seconds = strategies.floats(LOWEST, HIGHEST)
samples = strategies.lists(seconds, max_size=60)


def rank(share: float, count: int) -> int:
    """Return the index among `count` sorted times of the first that `share` of them do not exceed."""
    return max(1, ceil(Fraction(str(share)) * count)) - 1


def distribution(times: list[float]) -> Distribution:
    return Distribution.of(Counter(bins_of(np.array(times)).tolist()).items())


@given(seconds)
def test_a_bin_represents_its_times_within_the_error(time: float) -> None:
    assert abs(value_of(bin_of(time)) - time) <= ERROR * time * (1 + 1e-9)


@given(strategies.floats(0, 1e9))
def test_the_ends_are_clamped(time: float) -> None:
    assert 0 <= bin_of(time) <= LAST
    assert [bin_of(time)] == bins_of(np.array([time])).tolist()
    assert bin_of(LOWEST / 2) == 0
    assert bin_of(HIGHEST * 2) == LAST


@given(samples, strategies.integers(0, 1000).map(lambda thousandths: thousandths / 1000))
def test_a_quantile_equals_that_of_the_sorted_times_within_the_error(times: list[float], share: float) -> None:
    found = distribution(times).quantile(share)
    if not times:
        assert found is None
    else:
        exact = sorted(times)[rank(share, len(times))]
        assert found == pytest.approx(exact, rel=ERROR)
        assert distribution(times).slowest == pytest.approx(max(times), rel=ERROR)


def test_the_p95_of_two_times_is_the_longer_one() -> None:
    two = distribution([0.00003, 0.0065])
    assert two.quantiles(0.5, 0.95) == pytest.approx((0.00003, 0.0065), rel=ERROR)


@given(strategies.lists(samples, max_size=8))
def test_merged_parts_equal_the_whole(parts: list[list[float]]) -> None:
    everything = distribution([time for part in parts for time in part])
    assert Distribution.merged(map(distribution, parts)) == everything
    assert everything.times == sum(map(len, parts))
    for part in parts:
        assert everything.without([distribution(part)]).merge(distribution(part)) == everything


def test_an_empty_distribution_has_no_quantiles() -> None:
    assert (NO_TIMES.quantile(0.5), NO_TIMES.slowest, NO_TIMES.times) == (None, None, 0)
    assert bins_of(np.array([np.nan, 0.0])).tolist() == [NOT_TIMED, 0]


@given(seconds)
def test_bins_are_those_of_opentelemetry_at_scale_5(time: float) -> None:
    """In its data model, bin `index` is from base^index (excluded) to base^(index + 1); base is 2^(2^-scale)."""
    base, index = 2 ** (2**-5), bin_of(time) + FIRST - 1
    assert base == GAMMA
    assert base**index * (1 - 1e-9) < time <= base ** (index + 1) * (1 + 1e-9)


def test_several_quantiles_at_once_equal_single_ones() -> None:
    some = distribution([0.001 * number for number in range(1, 200)])
    shares = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0)
    assert some.quantiles(*shares) == tuple(some.quantile(share) for share in shares)


def exponential(share: float) -> float:
    """The mean is 50 ms."""
    return -0.05 * log(1 - share)


NORMAL = NormalDist(-4, 1.5).inv_cdf


def lognormal(share: float) -> float:
    """The median is 18 ms."""
    return exp(NORMAL(share))


def cached_or_not(share: float) -> float:
    """Three out of four come from a cache, in 0.2 to 1 ms; the others follow Pareto's law, from 40 ms on."""
    return 0.0002 + share * 0.0008 / 0.75 if share < 0.75 else 0.04 * (4 * (1 - share)) ** -0.5


@pytest.mark.parametrize("inverse", [exponential, lognormal, cached_or_not])
def test_percentiles_of_ten_million_times_are_within_the_error(inverse: Callable[[float], float]) -> None:
    """The times are the quantiles of the distribution in order, so the exact percentiles are known."""
    count, part = 10_000_000, 100_000
    step = 1 / count
    parts = []
    for begin in range(0, count, part):
        times = np.array([inverse((number + 0.5) * step) for number in range(begin, begin + part)])
        parts.append(Distribution.of(Counter(bins_of(times).tolist()).items()))
    whole = Distribution.merged(parts)
    assert whole.times == count
    for share in (0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0):
        exact = inverse((rank(share, count) + 0.5) * step)
        assert whole.quantile(share) == pytest.approx(exact, rel=ERROR)
