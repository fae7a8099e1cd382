"""The terms on which signals are judged."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """The same for all signals. Times in seconds."""

    bucket_size: float
    """Each such bucket is judged as a whole. It consists of whole buckets of the store."""
    learning_duration: float
    retention: float
    """That alerts are remembered after their end."""
    max_alerts: int = 5000
    """That are remembered at most; beyond it those that ended first are forgotten before their time."""
    previous: frozenset[str] = frozenset()
    """Names of the signals that are judged against the previous buckets, not against what was learned."""
    previous_buckets: int = 15
    """How many these are."""
    changes_per_hour: int = 6
    """Of state; a signal with more of them is flapping."""
    store_bucket: float = 10
    """Width of the buckets of the store that counts for the signals."""
    max_keys: int = 1000
    """That it keeps apart in each sum."""
