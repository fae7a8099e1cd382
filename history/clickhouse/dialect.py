"""What differs between today's ClickHouse servers and the one that Debian packages. Pure.

Debian's is of 2018. It is there for tests of replication on one machine; nobody should run it otherwise.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Dialect(NamedTuple):
    """How a server's SQL differs."""

    repeated: str
    """Type of text that repeats from row to row."""
    moment: str
    """Type of a time by the server's clock, with `now` as the current one."""
    now: str
    epoch: str
    """Such a time, of the column `received`, in seconds since the epoch."""
    has_ttl: bool
    has_codecs: bool
    has_indexes: bool
    """Whether a column may have an index beside the primary one."""
    insert: Mapping[str, int]
    """Settings of an insert. Each insert is on disk, and on all shards, before it is acknowledged."""
    final: str
    """End of a query with FINAL: duplicates are always in the same partition."""

    def ttl(self, expression: str) -> str:
        """Return the clause that deletes rows once the time of the expression has passed; only whole partitions."""
        return f"TTL {expression}" if self.has_ttl else ""

    def codec(self, codec: str) -> str:
        """Return the clause for a column's compression."""
        return f" CODEC({codec})" if self.has_codecs else ""


TODAY: Final = Dialect(
    "LowCardinality(String)",
    "DateTime64(3, 'UTC')",
    "now64(3)",
    "toUnixTimestamp64Milli(received) / 1000",
    has_ttl=True,
    has_codecs=True,
    has_indexes=True,
    insert={
        "async_insert": 1,  # the server makes one part of what many sensors send within a moment
        "wait_for_async_insert": 1,
        "distributed_foreground_insert": 1,
        "max_partitions_per_insert_block": 0,
    },
    final=" SETTINGS do_not_merge_across_partitions_select_final = 1",
)
OF_2018: Final = Dialect(
    "String",
    "DateTime('UTC')",
    "now()",
    "toFloat64(toUInt32(received))",
    has_ttl=False,
    has_codecs=False,
    has_indexes=False,
    insert={"insert_distributed_sync": 1},
    final="",
)
OLDEST: Final = (24, 3)
"""Oldest version, year and month, that sensors and readers are meant for: the first with all of these
settings.
"""


def dialect_of(version: str) -> Dialect:
    """Return the dialect of a server by its version, such as `26.9.2.1`."""
    return TODAY if version_of(version) >= OLDEST else OF_2018


def version_of(version: str) -> tuple[int, int]:
    """Return year and month of a version; zeros if it is none."""
    numbers = [int(part) for part in version.split(".")[:2] if part.isdecimal()]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)
