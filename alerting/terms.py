"""The settings by which signals are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from alerting.calendar import Calendar

BaselineKind = Literal["fixed", "previous", "seasonal"]
"""What values are compared with: what was learned, the previous buckets, or the usual at that hour of the week."""
KINDS: Final[tuple[BaselineKind, ...]] = get_args(BaselineKind)
Choice = BaselineKind | Literal["setting"]
"""What the user chooses that values are compared with; `setting` is what the setting of the signal says."""


@dataclass(frozen=True)
class Terms:
    """Settings that are the same for all signals. Times are in seconds."""

    bucket_size: float
    """Length of the windows that are judged. It is a multiple of the store's buckets."""
    learning_duration: float
    retention: float
    """How long alerts are kept after their end."""
    max_alerts: int = 5000
    """Maximum alerts kept after their end; the oldest are dropped first."""
    baselines: Mapping[str, BaselineKind] = field(default_factory=dict)
    """What each signal is compared with, by name; signals that are missing say it themselves."""
    calendar: Calendar = field(default_factory=Calendar)
    """The hours of the week, for seasonal baselines."""
    previous_buckets: int = 15
    """Number of buckets to compare with."""
    changes_per_hour: int = 6
    """Changes of state per hour above which a signal is flapping."""
    store_bucket: float = 10
    """Length of the store's buckets."""
    overload_share: float = 5
    """Percentage of dropped packets above which figures are too low."""
    max_keys: int = 1000
    """Maximum keys counted separately in each statistic."""
