"""The settings. Give them in a settings file, or as `--set name=value` on the command line; here are the defaults.

Each setting says its unit, what it is for and why it has its default. A value that is not allowed is refused at the
start with the name, the value and what is allowed: see `settings/setting.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from settings.setting import SECRET, Range, SettingError, find, settings_of
from settings.toml import as_toml

__all__ = ["Config", "SettingError"]

# What things take in memory, in bytes, for `Config.memory_bound`; measured with Python 3.10 to 3.13, and rounded up.
_PROGRAM = 160 * 2**20
"""The interpreter, Scapy with all of its layers, and what the allocator keeps in reserve."""
_CONNECTION = 6 * 1024
"""With its readers, its pairing, what is remembered once it is closed, and its share of other small tables."""
_RECORD = 450
"""A request or an exchange without its strings."""
_KEY = 400
"""An entry of a table without its key."""
_STORES = 3
"""One of all that came, one of what a filter lets pass, one of the row whose detail is open."""
_SUMS = 1000
"""What the store knows of a key, without the key: see `store.windows`."""
_BLOCKS = 224 * 2**20
"""Blocks and bins of a store, 128 MiB, and what the allocator loses between them: see `store.windows`."""
_OPEN = 2 * 16 * 2**20
"""Of the buckets under way: see `store.store`."""
_SUMS_OF_SIGNALS = 13
"""What the monitor's store counts for all signals: see `alerting.signal_statistics`."""
_PARTS = 40
"""These in the window under way, and those of each signal in the window that was within its limit last."""
_NAMES = 600
"""Of a part: see `alerting.window_sum`."""
_TIMES = 24 * 2**20
"""Of parts likewise: bins of response times."""
_ALERT = 16 * 1024
"""An alert with those who contributed to it, and its line."""
_LABELS = 80
"""Metrics of one host: each method with each class of status."""
_NOTICE = 20 * 1024
"""A notice with its texts."""
_RECEIVERS = 8
"""Of notices; there are seldom more."""


@dataclass(frozen=True)
class Config:
    """All that can be set."""

    # Rhythm ----------------------------------------------------------------------------------------------------------

    timeout: Annotated[float, Range(0.05, 3600, "s")] = 2
    """Between checks for new HTTP transactions: the records that were captured are taken over and counted."""
    dashboard_bucket_size: Annotated[int, Range(1, 3600, "s")] = 10
    """Between refreshes of the dashboard, and the width of a bucket of the store."""

    # Alerts ----------------------------------------------------------------------------------------------------------

    average_bucket_size: Annotated[int, Range(1, 86400, "s")] = 120
    """How often the rate is compared with the baseline; rounded up to a multiple of dashboard_bucket_size."""
    average_threshold: Annotated[float, Range(0, 1e6, "percent")] = 10
    """Above the baseline by more than this, the rate triggers an alert."""
    average_learning_duration: Annotated[int, Range(1, 7 * 86400, "s")] = average_bucket_size
    """Length of the learning phase, which lasts to the end of a dashboard bucket. Follows average_bucket_size."""

    # Signals: what is judged besides the request rate; docs/alerting.md says how ------------------------------------

    signals: Annotated[tuple[str, ...], "names of signals, request_rate first"] = (
        "request_rate",
        "traffic_drop",
        "error_ratio_5xx",
        "error_ratio_4xx",
        "response_time",
        "unanswered",
    )
    """Those that are on. The others, volume_out, new_connections, dominant_client and dominant_section, are right for
    some sites only: a backup or a crawler at night would raise them."""
    signals_against_previous: Annotated[tuple[str, ...], "names of signals"] = (
        "traffic_drop",
        "volume_out",
        "new_connections",
    )
    """Judged against the previous buckets, not against what was learned: they follow the time of day."""
    previous_buckets: Annotated[int, Range(1, 1000, "buckets")] = 15
    """That these are; half an hour, short beside a day and long beside an incident."""
    max_changes_per_hour: Annotated[int, Range(1, 3600, "changes")] = 6
    """Of a signal's state. With more it is flapping, which is told once, and nothing more until it is calm."""
    traffic_drop_threshold: Annotated[float, Range(0, 100, "percent")] = 60
    """Below the baseline by more than this, the request rate alerts. Closing time takes longer than half an hour."""
    traffic_drop_floor: Annotated[float, Range(0, 1e9, "requests/s")] = 1.5
    """With a baseline below this, a drop says nothing: visits come in bursts, and a minute without one is no news."""
    error_ratio_5xx_threshold: Annotated[float, Range(0, 100, "percentage points")] = 5
    """Above the baseline, of the responses."""
    error_ratio_5xx_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 100
    """With fewer, the ratio is not judged: one error in ten is no ratio."""
    error_ratio_4xx_threshold: Annotated[float, Range(0, 100, "percentage points")] = 20
    """Above the baseline, of the responses; 404 and 410 are no errors here."""
    error_ratio_4xx_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 100
    """With fewer, the ratio is not judged."""
    response_time_threshold: Annotated[float, Range(0, 1e6, "percent")] = 200
    """Above the baseline, of the p95 of a server: three times as slow. The p95 of a few hundred varies by a third."""
    response_time_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 200
    """With fewer, a server's p95 is not judged."""
    response_time_least: Annotated[float, Range(0, 86400, "s")] = 0.1
    """A p95 up to this is never slow, whatever it was before: nobody notices."""
    unanswered_threshold: Annotated[float, Range(0, 100, "percentage points")] = 10
    """Above the baseline, of the requests that ended."""
    unanswered_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 100
    """With fewer, the ratio is not judged."""
    volume_out_threshold: Annotated[float, Range(0, 1e6, "percent")] = 300
    """Above the baseline, of the body bytes sent."""
    volume_out_floor: Annotated[float, Range(0, 1e12, "bytes/s")] = 1e6
    """Below this the volume is not judged."""
    new_connections_threshold: Annotated[float, Range(0, 1e6, "percent")] = 300
    """Above the baseline, of the connections on which a first request came."""
    new_connections_floor: Annotated[float, Range(0, 1e9, "connections/s")] = 10
    """Below this they are not judged."""
    dominant_client_threshold: Annotated[float, Range(0, 100, "percentage points")] = 30
    """Above the baseline, of the share that the largest client has of the requests."""
    dominant_client_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 1000
    """With fewer, it is not judged: at night somebody always is the largest by far."""
    dominant_section_threshold: Annotated[float, Range(0, 100, "percentage points")] = 40
    """Above the baseline, of the share that the largest section has of the requests."""
    dominant_section_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 1000
    """With fewer, it is not judged."""

    # What is kept ----------------------------------------------------------------------------------------------------

    max_retention_length: Annotated[int, Range(60, 7 * 86400, "s")] = 86400
    """That sums and alerts are kept, and the window of the long column of each top list."""
    max_top_hits: Annotated[int, Range(1, 1000, "rows")] = 10
    """Rows of a top list."""
    max_recent_exchanges: Annotated[int, Range(100, 100_000_000, "exchanges")] = 50_000
    """The latest, kept one by one beside the sums: filters, details and the live list look at them."""
    max_recent_characters: Annotated[int, Range(2**16, 2**36, "characters")] = 16 * 2**20
    """Of the strings of these. Usual exchanges have 100 to 300."""
    max_str_length: Annotated[int, Range(16, 65536, "characters")] = 1024
    """Longest string kept from the wire; what is longer is cut."""
    statistics: Annotated[tuple[str, ...], "names of files in stats/"] = (
        "request_rate",
        "top_sections",
        "top_domains",
        "top_user_agents",
        "top_methods",
        "top_status_codes",
        "status_classes",
        "server_error_paths",
        "uploaded_per_domain",
        "downloaded_per_domain",
        "server_response_time",
    )
    """Plug-ins from `stats/`, in the order of the screen."""
    path_templates: bool = False
    """Count paths that differ in a number, a hash or a date as one, `/users/{id}`, in lists of sections and paths."""
    country_database: str = ""
    """MaxMind file for statistics per country and continent; empty is that of the package iptocc."""
    network_database: str = ""
    """MaxMind file (GeoLite2-ASN.mmdb) for statistics per network, which need one."""
    saas_catalogue: str = ""
    """A TOML file of applications of your own, in the form of `stats/saas.toml`, which it comes before."""
    statistics_folder: str = ""
    """Where further plug-ins are; empty is nowhere. They are code: root loads none from where others can write."""

    # History: what is kept on disk, see docs/history.md -------------------------------------------------------------

    history_minutes: Annotated[int, Range(1, 3660, "days")] = 2
    """That the sums of each minute are kept."""
    history_hours: Annotated[int, Range(1, 3660, "days")] = 60
    """That the sums of each hour are kept."""
    history_days: Annotated[int, Range(1, 36600, "days")] = 731
    """That the sums of each day are kept, and alerts; those of minutes and hours are not kept for longer than that."""
    history_size: Annotated[int, Range(16, 1_000_000, "MiB")] = 512
    """Of the file; where that does not do, the oldest minutes go first, then hours, then days."""
    history_keys: Annotated[int, Range(1, 10_000, "keys")] = 100
    """Of each statistic in a minute, an hour or a day; the rest is `(other)`."""

    # Limits: what hostile or excessive traffic cannot go beyond. What a limit throws away is counted. ----------------

    max_keys: Annotated[int, Range(10, 1_000_000, "keys")] = 1000
    """Distinct keys that a statistic keeps apart; the rest is summed up as `(other)`."""
    max_alerts: Annotated[int, Range(1, 1_000_000, "alerts")] = 5000
    """That are remembered. Ten signals that each alert every other bucket have 3,600 of them in a day."""
    max_connections: Annotated[int, Range(1, 10_000_000, "connections")] = 65536
    """TCP connections followed at a time; the longest idle one goes first."""
    max_pending_requests: Annotated[int, Range(1, 100_000, "requests")] = 256
    """Requests of one connection that wait for their responses."""
    max_header_bytes: Annotated[int, Range(256, 16 * 2**20, "bytes")] = 65536
    """Of one message head; servers refuse 8 to 64 KiB."""
    max_headers: Annotated[int, Range(8, 100_000, "fields")] = 256
    """Header fields of one message."""
    max_connection_buffer: Annotated[int, Range(2**16, 2**30, "bytes")] = 2**20
    """Kept of one connection: segments that wait for an earlier one, and unfinished heads."""
    max_total_buffer: Annotated[int, Range(2**20, 2**36, "bytes")] = 64 * 2**20
    """The same of all connections together, and of IP fragments."""
    max_held_segments: Annotated[int, Range(1, 65536, "segments")] = 256
    """Of one connection, that wait for an earlier one before it is taken as lost."""
    max_server_names: Annotated[int, Range(1, 10_000, "names")] = 200
    """Of servers asked for over TLS, that are counted apart; the rest is `(other)`."""
    max_metric_hosts: Annotated[int, Range(1, 10_000, "hosts")] = 100
    """That metrics (`--prometheus`) tell apart, first come, first served; the rest is `(other)`."""
    max_queued_records: Annotated[int, Range(100, 100_000_000, "records")] = 250_000
    """That wait for the main thread. What is more is thrown away, and counted as lost."""
    max_queued_characters: Annotated[int, Range(2**20, 2**36, "characters")] = 32 * 2**20
    """Of the strings of these records."""

    # Time-outs, in packet time ---------------------------------------------------------------------------------------

    gap_timeout: Annotated[float, Range(0.01, 3600, "s")] = 1.0
    """After which missing bytes of a stream are taken as lost. Reordering in a network takes milliseconds."""
    connection_timeout: Annotated[float, Range(1, 86400, "s")] = 600
    """Of silence, after which a connection is forgotten; servers give up sooner as a rule."""
    closed_timeout: Annotated[float, Range(0, 3600, "s")] = 5
    """That late packets of a closed connection are still known as such; a retransmission comes within seconds."""
    fragment_timeout: Annotated[float, Range(0.1, 3600, "s")] = 30
    """To wait for the rest of an IP datagram (RFC 791 and RFC 8200 allow 15 to 60 s)."""

    # What the log (`--log`) tells ------------------------------------------------------------------------------------

    log_query_strings: bool = False
    """Queries of URLs: they hold what visitors search for, and often tokens. Without them, a URL ends before `?`."""
    log_credentials: bool = False
    """User names and passwords in URLs. Without them, `***@` stands in their place."""

    # Notices: who is told of alerts; docs/notices.md says what they get ---------------------------------------------

    notice_command: str = ""
    """Command that is run for each alert that is raised or dismissed, as by `--on-alert`. Empty: none."""
    notice_command_shell: bool = False
    """Hand the command to /bin/sh. Without it, the command is a program and its arguments."""
    notice_command_timeout: Annotated[float, Range(0.1, 3600, "s")] = 30
    """After which the command is ended, with all that it started."""
    notice_webhook: Annotated[str, SECRET] = ""
    """URL that notices are posted to; it often holds a token. The environment variable HTTP_MONITOR_WEBHOOK and
    notice_webhook_file add to it."""
    notice_webhook_format: Literal["json", "slack", "alertmanager"] = "json"
    """Of what is posted, where no format stands before a URL."""
    notice_webhook_file: str = ""
    """File of URLs that notices are posted to, one a line, with a format before it if it is another."""
    notice_alertmanager_repeat: Annotated[float, Range(1, 3600, "s")] = 60
    """After which Alertmanager is told again of an alert that goes on: it forgets those it hears no more of."""
    notice_syslog: Annotated[tuple[str, ...], "addresses: udp://host:514, tcp://host:601, /dev/log, bsd:/dev/log"] = ()
    """Syslog daemons that notices are sent to."""
    notice_syslog_facility: Literal[
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ] = "daemon"  # fmt: skip
    """Under which syslog files them."""
    notice_mail_to: Annotated[tuple[str, ...], "addresses of mail"] = ()
    """Who gets an e-mail."""
    notice_mail_from: str = ""
    """Whose address it comes from. Empty: http-monitor at this machine."""
    notice_smtp: str = ""
    """Server that takes the e-mail, as host or host:port. Without a port: 465 for tls, 587 with a login, else 25."""
    notice_smtp_security: Literal["auto", "starttls", "tls", "none"] = "auto"
    """auto: STARTTLS where the server offers it, and nothing without it when there is a login. tls: from the start."""
    notice_smtp_user: str = ""
    """Of the login at the mail server; empty: no login."""
    notice_smtp_password_file: str = ""
    """File with the password. Without it, it is the environment variable HTTP_MONITOR_SMTP_PASSWORD."""
    notice_authorities: str = ""
    """File (PEM) of further authorities that vouch for webhooks and mail servers."""
    notice_replays: bool = True
    """Tell of alerts in capture files (`-r`), too. Where settings of a host name people, false spares them old ones."""
    notice_timeout: Annotated[float, Range(0.1, 300, "s")] = 10
    """To wait for each answer of a receiver."""
    notice_retry_limit: Annotated[float, Range(0, 7 * 86400, "s")] = 3600
    """After which a notice that could not be delivered is given up."""
    notice_queue: Annotated[int, Range(2, 10_000, "notices")] = 100
    """That wait for one receiver; when one more comes, the oldest is given up."""
    notice_flush_time: Annotated[float, Range(0, 300, "s")] = 5
    """That the end of the program may take to deliver what still waits."""

    # Capture ---------------------------------------------------------------------------------------------------------

    user: str = ""
    """Who the program becomes once the capture is open, if it is root: empty is who called sudo, else nobody. `root`
    keeps all rights."""

    ring_size: Annotated[int, Range(1, 4096, "MiB")] = 32
    """Of the memory that Linux shares with us to hand packets over: it takes up what comes while we are busy."""
    snap_length: Annotated[int, Range(256, 262144, "bytes")] = 262144
    """Kept of each frame. Loopback and offloading hand over frames of up to 64 KiB."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SettingError: a value is of the wrong kind or out of its range.
        """
        for name, setting in settings_of(Config).items():
            setting.check(getattr(self, name))

    @classmethod
    def with_settings(cls, texts: Mapping[str, str], values: Mapping[str, Any] | None = None) -> "Config":
        """The defaults of this file, changed by `values`, then by `name=value` texts as they come from `--set`.

        Raises:
            SettingError: no such setting, or a value that is not allowed.
        """
        settings = settings_of(cls)
        for name in texts:
            if find(settings, name).secret:
                raise SettingError(
                    f"{name} is secret, and a command line is seen by all; use a settings file (--config)"
                )
        changed = {**(values or {}), **{name: find(settings, name).parse(text) for name, text in texts.items()}}
        follows = cls.average_learning_duration == cls.average_bucket_size
        if follows and "average_bucket_size" in changed:
            changed.setdefault("average_learning_duration", changed["average_bucket_size"])
        return cls(**changed)

    def memory_bound(self) -> int:
        """Bytes of resident memory that no traffic makes the program go beyond: every limit reached at the same time.

        `docs/limits.md` has the sum in words. Strings count four bytes a character, which only rare scripts need.
        """
        text = 4 * self.max_str_length
        request = 4 * text
        keys = len(self.statistics) * 2 * self.max_keys * (_SUMS + 2 * text)
        buckets = (self.max_retention_length // self.dashboard_bucket_size + 1) * (24 * len(self.statistics) + 250)
        return (
            _PROGRAM
            + self.ring_size * 2**20
            + 4 * self.max_total_buffer
            + self.max_connections * (_CONNECTION + request + 4 * _KEY)
            + 2 * (self.max_queued_records * _RECORD + 4 * self.max_queued_characters)
            + 2 * (self.max_recent_exchanges * 2 * _RECORD + 4 * self.max_recent_characters)
            + _STORES * (keys + _BLOCKS + _OPEN + buckets)
            + _SUMS_OF_SIGNALS * 2 * self.max_keys * (_SUMS + 2 * text)
            + _OPEN
            + _PARTS * _NAMES * (_KEY + 2 * text)
            + _TIMES
            + self.max_alerts * _ALERT
            + _RECEIVERS * self.notice_queue * _NOTICE
            + 2 * self.max_metric_hosts * (_LABELS * _KEY + 2 * text)
        )

    def as_toml(self) -> str:
        """Every setting with its value, as TOML."""
        return as_toml(self)
