"""The upper bound of the program's memory: every limit of the settings reached at the same time.

The parts were measured in bytes with Python 3.10 to 3.13, and rounded up. `docs/limits.md` explains the sum.
"""

from alerting.seasonal import MAX_SEASONS
from detection.loading import inspecting
from exercise_config import OF_DNS, Config
from run.enabled import enabled

_PROGRAM = 160 * 2**20
"""The interpreter, Scapy with all its layers, and the allocator's reserve."""
_CONNECTION = 6 * 1024
"""A connection with its readers and pairing, what is kept after it closed, and its share of other small tables."""
_DECRYPTION = 4 * 1024
"""What a decrypted TLS connection has besides: keys, and what is inside."""
_QUIC_SHARE = 8
"""The table of QUIC connections has this part of `max_connections`, and each of its entries takes a `_CONNECTION`."""
_OWNER = 4096
"""A connection with an owner of its own, whose names have their greatest length."""
_RECORD = 450
"""A request or an exchange, without its strings."""
_KEY = 400
"""An entry of a table, without its key."""
_STORES = 3
"""Stores: one for all traffic, one for a filter, one for the row whose details are open."""
_SUMS = 1100
"""Sums of a key, without the key itself: see `store.windows`."""
_BLOCKS = 224 * 2**20
"""Blocks and bins of a store, which are 128 MiB, with the allocator's losses: see `store.windows`."""
_BLOCK = 8 * 1024
"""A blocked client with the longest reason: in the list, in Views, and in what bouncers and receivers were told."""
_PROXIED = 2 * 2**20
"""Clients that are known to come through a proxy."""
_OPEN = 2 * 16 * 2**20
"""Open buckets of a store: see `store.store`."""
_SIGNAL_STATISTICS = 23
"""Statistics that the monitor's store counts for all signals: see `alerting.signal_statistics`."""
_SIGNAL_STATISTICS_OF_DNS = 8
"""Further ones, if DNS lookups are counted: see `alerting.dns_statistics`."""
_WINDOW_SUMS = 31 + 2 * 89
"""Their sums in the current window, and those of each signal in two earlier windows within its limit."""
_SEASON = 32 * 1024
"""A season with its latest windows, and its key: see `alerting.series`."""
_NAMES = 600
"""Names in such a sum: see `alerting.window_sum`."""
_DETECTION = 240 * 2**20
"""What detectors remember of clients, names, paths and slow connections: see `detection.tally` and `detection.slow`."""
_TIMES = 24 * 2**20
"""Bins of response times in these sums."""
_HANDSHAKES = 10 * 2**20
"""Recent TLS handshakes, 5,000 of them: see `store.recent`."""
_SECRETS = 600
"""The secrets of a TLS connection, of which there are up to five."""
_METRICS = 5
"""Statistics that are counted for OTLP: see `outputs.otlp.statistics`."""
_TIMED_METRICS = 3
"""Those of them with times."""
_SERIES = 24 * 1024
"""A series of times whose bins were all hit, with its key."""
_SERIES_KEY = 4 * 1024
"""The key of a series: see `outputs.otlp.statistics.LONGEST_NAME`."""
_ALERT = 16 * 1024
"""An alert with its contributors and its explanation."""
_LABELS = 80
"""Metrics of a host: each method with each status class."""
_NOTICE = 20 * 1024
"""A notice with its texts."""
_INCIDENTS = 4
"""Packets before an alert, in memory and being written, and those after it, the same of the incident before."""
_INCIDENT_KEYS = 4 * 2**20
"""Keys of TLS connections, for `--embed-keys`."""
_SPOOLED = 60
"""Buckets that wait for the disk, and records that become longer ones, of a sensor."""
_SPOOLED_KEY = 1024
"""The key of one of their sums."""
_READ_AHEAD = 64 * 2**20
"""Packets that wait for several threads, with their columns, and the records that wait for the main thread."""
_SIGMA = 64 * 2**20
"""Sigma rules, what reads them, and results for the latest texts."""
_UNSEEN_HOST = 14 * 1024
"""What is usual at a host, also while the table grows: see `detection.unseen.hosts`."""
_UNSEEN_KEPT = 20 * 1024
"""What is kept of a host, before it is compressed: while it is read, or waits for the disk and is being written."""
_UNSEEN_MOST_KEPT = 2000
"""Hosts that are kept: see `detection.unseen.kept`."""
_FIELDS = 10 * 2**20
"""Header fields whose features a decoder knows: see `core/features/src/memo.rs`."""
_LEARNED = 32 * 2**20
"""A model of the greatest size: its text while it is read again, and two models."""
_MARKS = 2 * 2**20
"""Marks of exchanges on the full screen: see `dashboard.full.marks`."""
_SURICATA = 128 * 2**20
"""10,000 rules of Suricata in the main process, while they are read again; those of inspectors count there."""
_INDICATOR = 180
"""An indicator in the table and in the file's own arrays, which are both replaced when the file has changed."""
_READING = 5
"""Bytes that reading a file with indicators takes for each of its bytes, and more for JSON, which may be less long."""
_SENT = 3 * 2**20
"""Messages of a syslog daemon that are being made, sent and kept to be sent again."""
_INSPECTOR = 64 * 2**20
"""A process of the inspection: the interpreter, and rules of usual size."""
_RECEIVERS = 8
"""Receivers of notices; there are rarely more."""


def memory_bound(config: Config) -> int:
    """Return it in bytes of resident memory. A character counts as four bytes, which only rare scripts need."""
    text = 4 * config.max_str_length
    request = (5 if config.log_headers else 4) * text
    counted = config.counted(full_screen=True)
    statistics = len(counted)
    of_dns = _SIGNAL_STATISTICS_OF_DNS if {*OF_DNS, "dns_domains"} & {*counted} else 0
    keys = statistics * 2 * config.max_keys * (_SUMS + 2 * text)
    buckets = (config.max_retention_length // config.dashboard_bucket_size + 1) * (40 * statistics + 250)
    return (
        _PROGRAM
        + config.ring_size * 2**20
        + 4 * config.max_total_buffer
        + config.max_connections * (_CONNECTION + _DECRYPTION + request + 4 * _KEY)
        + config.max_owners * _OWNER
        + config.max_connections // _QUIC_SHARE * _CONNECTION
        + 2 * (config.max_queued_records * _RECORD + 4 * config.max_queued_characters)
        + (2 * config.max_queued_content if inspecting(enabled(config)) else 0)
        + 2 * (config.max_recent_exchanges * 2 * _RECORD + 4 * config.max_recent_characters)
        + _HANDSHAKES
        + config.max_secrets * _SECRETS * config.capture_threads
        + (_READ_AHEAD if config.capture_threads > 1 else 0)
        + _STORES * (keys + _BLOCKS + _OPEN + buckets)
        + (_SIGNAL_STATISTICS + of_dns) * 2 * config.max_keys * (_SUMS + 2 * text)
        + _OPEN
        + _WINDOW_SUMS * _NAMES * (_KEY + 2 * text)
        + _memory_of_seasons(config)
        + _TIMES
        + (_DETECTION if enabled(config) else 0)
        + (_memory_of_unseen(config) if "unseen" in enabled(config) else 0)
        + (_SIGMA if config.sigma_rules else 0)
        + (_SURICATA if config.suricata_rules else 0)
        + (_LEARNED if config.learned_model else 0)
        + (_MARKS if config.labels_file else 0)
        + _memory_of_incidents(config)
        + _memory_of_sending(config, statistics + _SIGNAL_STATISTICS + of_dns)
        + _memory_of_indicators(config)
        + _memory_of_inspection(config)
        + config.max_alerts * _ALERT
        + (config.max_blocks * _BLOCK + _PROXIED if config.block else 0)
        + _RECEIVERS * config.notice_queue * _NOTICE
        + 2 * config.max_metric_hosts * (_LABELS * _KEY + 2 * text)
        + _memory_of_metrics(config)
        + len(config.log_syslog) * (config.log_queue * 2**20 + _SENT)
    )


def _memory_of_seasons(config: Config) -> int:
    """Return the bytes of the seasons of all signals that have one."""
    seasonal = [name for name in config.signals if getattr(config, f"{name}_baseline", "") == "seasonal"]
    return len(seasonal) * MAX_SEASONS * _SEASON


def _memory_of_unseen(config: Config) -> int:
    """Return the bytes of what the detector knows of hosts, of what is kept of them, and of the header fields."""
    kept = min(config.unseen_hosts, _UNSEEN_MOST_KEPT) * _UNSEEN_KEPT
    return config.unseen_hosts * _UNSEEN_HOST + kept + config.capture_threads * _FIELDS


def _memory_of_metrics(config: Config) -> int:
    """Return the bytes of sums for OTLP: those that are counted, added up and queued, and one message."""
    queued = (config.otlp_queue + 2) * _TIMED_METRICS * _SERIES + _METRICS * (_SUMS + _SERIES_KEY)
    return config.otlp_max_series * queued + 2 * _OPEN if config.otlp else 0


def _memory_of_incidents(config: Config) -> int:
    """Return the bytes of packets, and of the exchanges that are still being written."""
    exchanges = 2 * (config.max_recent_exchanges * 2 * _RECORD + 4 * config.max_recent_characters)
    return _INCIDENTS * (config.incident_bytes + _INCIDENT_KEYS) + exchanges if config.incidents else 0


def _memory_of_sending(config: Config, statistics: int) -> int:
    return _SPOOLED * statistics * config.history_keys * (_SUMS + _SPOOLED_KEY) if config.store else 0


def _memory_of_inspection(config: Config) -> int:
    """Return the bytes of contents that wait, and of all processes, which are twice there while they are replaced."""
    if not inspecting(enabled(config)):
        return 0
    processes = config.inspection_workers * (_INSPECTOR + config.inspection_memory * 2**20) + _INSPECTOR
    return config.inspection_queue * 2**20 + 2 * processes


def _memory_of_indicators(config: Config) -> int:
    """Return the bytes of old and new tables, of allow lists too, and of the file that is being read."""
    if not config.indicators:
        return 0
    return 4 * config.max_indicators * _INDICATOR + _READING * config.max_indicator_file * 2**20
