"""The tables in ClickHouse, and the statements that make them. Pure.

Sums are in one table per level, one row for each statistic, key, period and record. Each table is ordered by the full
identity of its rows, so ReplacingMergeTree keeps one of several equal rows, however late the others came; queries say
FINAL, because it does so in the background. `records` has one row per record, written after its sums.

In a cluster, each of these is a `Distributed` table over one `..._local` per shard, which is replicated. All rows of a
sensor are in the same shard. `statistics` and `meta` are small, and replicated to all servers.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from history.clickhouse.dialect import Dialect
from history.clickhouse.door import Column
from history.record import Level

SUMS: Final[Mapping[Level, str]] = {
    Level.BUCKET: "buckets",
    Level.MINUTE: "minutes",
    Level.HOUR: "hours",
    Level.DAY: "days",
}
"""The tables of sums."""
RECORDS: Final = "records"
ALERTS: Final = "alerts"
STATISTICS: Final = "statistics"
META: Final = "meta"
EVERYWHERE: Final = (STATISTICS, META)
"""Tables that all servers of a cluster have in full."""

SUM_COLUMNS: Final = (
    Column("statistic", "String"),
    Column("start", "DateTime('UTC')"),
    Column("width", "UInt32"),
    Column("key", "String"),
    Column("sensor", "String"),
    Column("spool", "UInt64"),
    Column("sequence", "UInt64"),
    Column("count", "UInt64"),
    Column("bytes", "UInt64"),
    Column("seconds", "Float64"),
    Column("client_errors", "UInt64"),
    Column("server_errors", "UInt64"),
    Column("bins", "Array(UInt16)"),
    Column("hits", "Array(UInt64)"),
)
"""Columns of sums as they are inserted; times are whole seconds since the epoch."""
RECORD_COLUMNS: Final = (
    Column("level", "UInt8"),
    Column("sensor", "String"),
    Column("spool", "UInt64"),
    Column("sequence", "UInt64"),
    Column("through", "UInt64"),
    Column("start", "DateTime('UTC')"),
    Column("until", "DateTime('UTC')"),
    Column("written", "Float64"),
    Column("rows", "UInt32"),
    Column("bucket_size", "UInt32"),
    Column("vantage", "String"),
    Column("source", "String"),
    Column("version", "String"),
)
ALERT_COLUMNS: Final = (
    Column("sensor", "String"),
    Column("signal", "String"),
    Column("began", "Float64"),
    Column("ended", "Float64"),
    Column("start", "DateTime('UTC')"),
    Column("text", "String"),
    Column("spool", "UInt64"),
    Column("sequence", "UInt64"),
)
"""`ended` is 0 while the alert is active."""
STATISTIC_COLUMNS: Final = (Column("name", "String"), Column("unit", "String"))
META_COLUMNS: Final = (Column("name", "String"), Column("value", "String"))


class Place(NamedTuple):
    """Where the tables are."""

    database: str
    cluster: str = ""
    """Name of the cluster; empty for a single server."""

    def table(self, name: str) -> str:
        """Return the full name of a table."""
        return f"{self.database}.{name}"

    def local(self, name: str) -> str:
        """Return the full name of the table that holds the rows."""
        is_split = self.cluster and name not in EVERYWHERE
        return self.table(f"{name}_local" if is_split else name)

    @property
    def on_cluster(self) -> str:
        """The clause that runs a statement on all servers."""
        return f" ON CLUSTER {self.cluster}" if self.cluster else ""


class Days(NamedTuple):
    """Days to keep each level."""

    buckets: int
    minutes: int
    hours: int
    days: int


class Statement(NamedTuple):
    """A statement, and what it is for."""

    purpose: str
    sql: str


class Table(NamedTuple):
    """How a table is made."""

    name: str
    purpose: str
    columns: Sequence[str]
    """Definitions."""
    order: str
    version: str = ""
    """Column whose highest value is kept among rows with the same identity; without one, they are equal."""
    partition: str = ""
    expires: str = ""
    """When a row is deleted."""
    granularity: int = 8192
    """Rows per entry of the index."""


def tables(dialect: Dialect, keep: Days) -> list[Table]:
    """Return all tables."""
    spans = dict(zip(Level, keep, strict=True))
    return [
        *(_sums(dialect, level, spans[level]) for level in Level),
        _records(dialect, keep),
        _alerts(dialect, keep),
        Table(STATISTICS, "the units of the statistics", [f"name {dialect.repeated}", "unit String"], "name"),
        Table(
            META,
            "the version of these tables",
            ["name String", "value String", f"written {dialect.moment} DEFAULT {dialect.now}"],
            "name",
            "written",
        ),
    ]


def _sums(dialect: Dialect, level: Level, days: int) -> Table:
    return Table(
        SUMS[level],
        f"sums of {SUMS[level]}, kept for {days} days",
        [
            f"statistic {dialect.repeated}",
            "start DateTime('UTC')" + dialect.codec("Delta, ZSTD"),
            "width UInt32" + dialect.codec("ZSTD"),
            "key String" + dialect.codec("ZSTD"),
            f"sensor {dialect.repeated}",
            "spool UInt64" + dialect.codec("ZSTD"),
            "sequence UInt64" + dialect.codec("Delta, ZSTD"),
            *(f"{name} UInt64" + dialect.codec("T64, ZSTD") for name in ("count", "bytes")),
            "seconds Float64" + dialect.codec("ZSTD"),
            *(f"{name} UInt64" + dialect.codec("T64, ZSTD") for name in ("client_errors", "server_errors")),
            "bins Array(UInt16)" + dialect.codec("ZSTD"),
            "hits Array(UInt64)" + dialect.codec("T64, ZSTD"),
            f"received {dialect.moment} DEFAULT {dialect.now}" + dialect.codec("ZSTD"),
        ],
        # The highest keys are read from all sensors, with their bins: little is read beside them.
        "statistic, start, key, sensor, spool, sequence",
        partition="toYYYYMMDD(start)" if level <= Level.MINUTE else "toYYYYMM(start)",
        expires=f"start + INTERVAL {days} DAY",
        granularity=8192 if level is Level.BUCKET else 2048,
    )


def _records(dialect: Dialect, keep: Days) -> Table:
    spans = ", ".join(f"level = {int(level)}, {days}" for level, days in zip(Level, keep[:-1], strict=False))
    return Table(
        RECORDS,
        "the records of the sensors",
        [
            "level UInt8",
            f"sensor {dialect.repeated}",
            "spool UInt64",
            "sequence UInt64",
            "through UInt64",
            "start DateTime('UTC')",
            "until DateTime('UTC')",
            "written Float64",
            "rows UInt32",
            "bucket_size UInt32",
            *(f"{name} {dialect.repeated}" for name in ("vantage", "source", "version")),
            f"received {dialect.moment} DEFAULT {dialect.now}",
            # The first of several equal rows is kept, so a record is never received anew.
            "age UInt32 DEFAULT toUInt32(4294967295 - toUInt32(received))",
            *(["INDEX by_received received TYPE minmax GRANULARITY 1"] if dialect.has_indexes else []),
        ],
        "level, sensor, spool, sequence",
        "age",
        # Each part has rows of one level, which expire together.
        f"(level, if(level <= {int(Level.MINUTE)}, toYYYYMMDD(start), toYYYYMM(start)))",
        f"start + toIntervalDay(multiIf({spans}, {keep.days}))",
        granularity=512,
    )


def _alerts(dialect: Dialect, keep: Days) -> Table:
    return Table(
        ALERTS,
        f"alerts of the sensors, kept for {keep.days} days",
        [
            f"sensor {dialect.repeated}",
            f"signal {dialect.repeated}",
            "began Float64",
            "ended Float64",
            "start DateTime('UTC')",
            "text String" + dialect.codec("ZSTD"),
            "spool UInt64",
            "sequence UInt64",
            f"received {dialect.moment} DEFAULT {dialect.now}",
        ],
        "sensor, signal, began, spool",
        "sequence",
        "toYYYYMM(start)",
        f"start + INTERVAL {keep.days} DAY",
    )


def creation(table: Table, dialect: Dialect, place: Place) -> list[Statement]:
    """Return the statements that create a table, if it is missing."""
    columns = ",\n    ".join(table.columns)
    made = [
        f"CREATE TABLE IF NOT EXISTS {place.local(table.name)}{place.on_cluster} (\n    {columns}\n)",
        f"ENGINE = {_engine(table, place)}",
        f"PARTITION BY {table.partition}" if table.partition else "",
        f"ORDER BY ({table.order})",
        dialect.ttl(table.expires) if table.expires else "",
        f"SETTINGS {_settings(table, dialect)}",
    ]
    statements = [Statement(f"table {table.name}: {table.purpose}", "\n".join(filter(None, made)))]
    if place.local(table.name) != place.table(table.name):
        statements.append(_distributed(table, place))
    return statements


def _engine(table: Table, place: Place) -> str:
    version = table.version
    if not place.cluster:
        return f"ReplacingMergeTree({version})"
    # A table that all servers have in full is one for all shards, so its replicas need names of their own.
    path, replica = ("all", "{shard}-{replica}") if table.name in EVERYWHERE else ("{shard}", "{replica}")
    where = f"'/clickhouse/tables/{path}/{place.database}/{table.name}', '{replica}'"
    return f"ReplicatedReplacingMergeTree({where}{', ' if version else ''}{version})"


def _settings(table: Table, dialect: Dialect) -> str:
    settings = [f"index_granularity = {table.granularity}"]
    if dialect.has_ttl and table.expires:
        settings.append("ttl_only_drop_parts = 1")
    return ", ".join(settings)


def _distributed(table: Table, place: Place) -> Statement:
    return Statement(
        f"table {table.name} over the shards of the cluster, by sensor",
        f"CREATE TABLE IF NOT EXISTS {place.table(table.name)}{place.on_cluster}"
        f" AS {place.local(table.name)}\nENGINE = Distributed({place.cluster}, {place.database}, {table.name}_local,"
        " cityHash64(sensor))",
    )
