"""The chart of a View: requests and classes of status over time. Pure."""

from collections.abc import Collection

from dashboard.view import Chart
from store.curves import Curve
from store.store import Store

RATE = "request_rate"
CLASSES = "status_classes"
"""The statistics that are drawn."""
SLICES = 240
"""At most; wider screens are rare."""
NAMES = ("1xx", "2xx", "3xx", "4xx", "5xx", "(no response)", "(not seen)")
"""Keys of `status_classes`, in the order that they are drawn."""


def chart(store: Store, names: Collection[str], window: float | None) -> Chart | None:
    """What is drawn of a window (None: the retention); None if its statistic is not among `names`."""
    if RATE not in names:
        return None
    requests = store.curve(RATE, window, SLICES)
    return Chart(requests.start, requests.width, _rates(requests), _classes(store, names, window))


def _rates(curve: Curve) -> tuple[float, ...]:
    """Per second; the last slice is as long as the part of it that is over."""
    if not curve.counts:
        return ()
    *complete, last = curve.counts
    return (*(count / curve.width for count in complete), last / curve.elapsed)


def _classes(store: Store, names: Collection[str], window: float | None) -> tuple[tuple[str, tuple[int, ...]], ...]:
    if CLASSES not in names:
        return ()
    curves = ((name, store.curve(CLASSES, window, SLICES, name).counts) for name in NAMES)
    return tuple((name, counts) for name, counts in curves if any(counts))
