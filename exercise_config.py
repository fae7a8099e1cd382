"""The settings with their defaults. Change them in a settings file, or with `--set name=value` on the command line.

The explanation below each setting is shown by `--show-config`. Invalid values are rejected at the start, with the name,
the value and what is valid: see `settings/setting.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from settings.setting import SECRET, Range, SettingError, find, settings_of
from settings.toml import as_toml
from traffic.forwarding import ClientHeader
from traffic.protocols import ProtocolName

__all__ = ["Config", "SettingError"]

Baseline = Literal["fixed", "previous", "seasonal"]
_FIRST = 4
"""Statistics that come before those of the full screen."""
OF_DNS = (
    "dns_names",
    "dns_types",
    "dns_response_codes",
    "dns_servers",
    "dns_response_time",
    "dns_failures_by_client",
    "dns_unanswered",
    "dnssec",
    "local_names",
)
"""Statistics that are also counted if `protocols` has dns."""


@dataclass(frozen=True)
class Config:
    """All settings."""

    # Intervals -------------------------------------------------------------------------------------------------------

    timeout: Annotated[float, Range(0.05, 3600, "s")] = 2
    """Interval of checks for new HTTP transactions: the captured records are taken over and counted."""
    dashboard_bucket_size: Annotated[int, Range(1, 3600, "s")] = 10
    """Interval of dashboard refreshes, and length of a bucket of the store."""

    # Alerts ----------------------------------------------------------------------------------------------------------

    average_bucket_size: Annotated[int, Range(1, 86400, "s")] = 120
    """Interval at which the rate is compared with the baseline; rounded up to a multiple of dashboard_bucket_size."""
    average_threshold: Annotated[float, Range(0, 1e6, "percent")] = 10
    """Excess of the request rate over the baseline that triggers an alert."""
    average_learning_duration: Annotated[int, Range(1, 7 * 86400, "s")] = average_bucket_size
    """Length of the learning phase, extended to the end of a dashboard bucket. Follows average_bucket_size."""
    alert_bell: bool = False
    """Ring the terminal's bell when an alert is raised."""
    alert_title: bool = False
    """Name the active alerts in the title of the terminal, which is restored at the end."""

    fleet_delay: Annotated[float, Range(1, 3600, "s")] = 10
    """Delay of the screen of a fleet behind the clock, in which the buckets of all sensors arrive. What arrives later
    is counted at its time, but judged only if its window is not over."""
    sensor_silence: Annotated[float, Range(5, 86400, "s")] = 60
    """Silence of a sensor of the fleet that raises an alert."""

    overload_share: Annotated[float, Range(0, 100, "percent")] = 5
    """Share of dropped packets above which the screen and alerts say that figures are too low, nothing is learned, and
    missing traffic does not alert."""

    # Signals: what else is judged besides the request rate, see docs/alerting.md -------------------------------------

    signals: Annotated[tuple[str, ...], "names of signals, request_rate first"] = (
        "request_rate",
        "traffic_drop",
        "error_ratio_5xx",
        "error_ratio_4xx",
        "response_time",
        "unanswered",
        "nxdomain_ratio",
        "dns_response_time",
        "findings",
    )
    """Enabled signals. The others, volume_out, new_connections, dominant_client, dominant_section and those that begin
    with key_, suit only some sites: a nightly backup or a crawler would trigger them. `+volume_out` adds to these."""
    request_rate_baseline: Baseline = "fixed"
    """What the rate is compared with: what was learned at the start (fixed), the previous buckets (previous), or
    the usual at that hour of the week (seasonal). The same for the other signals."""
    holidays: str = ""
    """File with the holidays, which seasonal baselines take for Sundays: one date a line, such as `2026-12-25
    Christmas`."""
    previous_buckets: Annotated[int, Range(1, 1000, "buckets")] = 15
    """Buckets to compare with (15 x 120 s = half an hour): short compared with a day, long compared with an
    incident."""
    max_changes_per_hour: Annotated[int, Range(1, 3600, "changes")] = 6
    """Changes of a signal's state per hour above which it is flapping: this is reported once, then it is muted until
    it is calm."""
    traffic_drop_baseline: Baseline = "previous"
    """What it is compared with, as in request_rate_baseline."""
    traffic_drop_threshold: Annotated[float, Range(0, 100, "percent")] = 60
    """Drop of the request rate below the baseline that triggers an alert. Closing time takes longer than half an
    hour."""
    traffic_drop_floor: Annotated[float, Range(0, 1e9, "requests/s")] = 1.5
    """Lowest baseline for judging drops: with few visits, which come in bursts, a minute without requests is normal."""
    error_ratio_5xx_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    error_ratio_5xx_threshold: Annotated[float, Range(0, 100, "percentage points")] = 5
    """Excess of the share of 5xx responses over the baseline that triggers an alert."""
    error_ratio_5xx_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 100
    """Responses needed to judge the share of 5xx: one error in ten responses says nothing."""
    error_ratio_4xx_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    error_ratio_4xx_threshold: Annotated[float, Range(0, 100, "percentage points")] = 20
    """Excess of the share of 4xx responses over the baseline that triggers an alert; 404 and 410 do not count as
    errors."""
    error_ratio_4xx_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 100
    """Responses needed to judge the share of 4xx."""
    response_time_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    response_time_threshold: Annotated[float, Range(0, 1e6, "percent")] = 200
    """Excess of a server's p95 over the baseline that triggers an alert: three times as slow. The p95 of a few
    hundred responses varies by a third."""
    response_time_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 200
    """Responses of a server needed to judge its p95."""
    response_time_least: Annotated[float, Range(0, 86400, "s")] = 0.1
    """Longest p95 that is never slow, whatever the baseline: nobody notices it."""
    unanswered_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    unanswered_threshold: Annotated[float, Range(0, 100, "percentage points")] = 10
    """Excess of the share of unanswered requests over the baseline that triggers an alert."""
    unanswered_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 100
    """Finished requests needed to judge the share of unanswered ones."""
    nxdomain_ratio_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    nxdomain_ratio_threshold: Annotated[float, Range(0, 100, "percentage points")] = 20
    """Excess of the share of NXDOMAIN over the baseline that triggers an alert, if DNS lookups are watched."""
    nxdomain_ratio_floor: Annotated[int, Range(1, 1_000_000_000, "answers in a bucket")] = 100
    """DNS answers needed to judge the share of NXDOMAIN: search lists of a few clients cause many."""
    dns_response_time_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    dns_response_time_threshold: Annotated[float, Range(0, 1e6, "percent")] = 200
    """Excess of a DNS server's p95 over the baseline that triggers an alert."""
    dns_response_time_floor: Annotated[int, Range(1, 1_000_000_000, "answers in a bucket")] = 200
    """Answers of a DNS server needed to judge its p95."""
    dns_response_time_least: Annotated[float, Range(0, 86400, "s")] = 0.1
    """Longest p95 that is never slow: what is not in its cache takes a resolver some 0.05 s."""
    findings_baseline: Baseline = "previous"
    """What it is compared with, as in request_rate_baseline."""
    findings_threshold: Annotated[float, Range(0, 1e6, "findings")] = 2
    """Findings of medium severity or worse, above the baseline, that trigger an alert."""
    volume_out_baseline: Baseline = "previous"
    """What it is compared with, as in request_rate_baseline."""
    volume_out_threshold: Annotated[float, Range(0, 1e6, "percent")] = 300
    """Excess of the body bytes sent over the baseline that triggers an alert."""
    volume_out_floor: Annotated[float, Range(0, 1e12, "bytes/s")] = 1e6
    """Lowest volume that is judged."""
    new_connections_baseline: Baseline = "previous"
    """What it is compared with, as in request_rate_baseline."""
    new_connections_threshold: Annotated[float, Range(0, 1e6, "percent")] = 300
    """Excess of new connections with a request over the baseline that triggers an alert."""
    new_connections_floor: Annotated[float, Range(0, 1e9, "connections/s")] = 10
    """Lowest rate of new connections that is judged."""
    dominant_client_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    dominant_client_threshold: Annotated[float, Range(0, 100, "percentage points")] = 30
    """Excess of the largest client's share of the requests over the baseline that triggers an alert."""
    dominant_client_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 1000
    """Requests needed to judge the largest client: at night somebody always dominates."""
    dominant_section_baseline: Baseline = "fixed"
    """What it is compared with, as in request_rate_baseline."""
    dominant_section_threshold: Annotated[float, Range(0, 100, "percentage points")] = 40
    """Excess of the largest section's share of the requests over the baseline that triggers an alert."""
    dominant_section_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 1000
    """Requests needed to judge the largest section."""

    key_requests_baseline: Baseline = "seasonal"
    """What it is compared with, as in request_rate_baseline."""
    key_requests_threshold: Annotated[float, Range(0, 1e6, "percent")] = 200
    """Excess of the requests of a section, a host, a server or a network over the usual that triggers an alert."""
    key_requests_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 100
    """Requests of a key needed to judge it; a tenth if five are usual. Where fewer are, they come by chance."""
    key_drop_baseline: Baseline = "seasonal"
    """What it is compared with, as in request_rate_baseline."""
    key_drop_threshold: Annotated[float, Range(0, 100, "percent")] = 70
    """Drop of the requests of a section, a host or a server below the usual that triggers an alert."""
    key_drop_floor: Annotated[float, Range(0, 1e9, "requests/s")] = 1.0
    """Lowest usual rate of a key for judging drops."""
    key_errors_baseline: Baseline = "seasonal"
    """What it is compared with, as in request_rate_baseline."""
    key_errors_threshold: Annotated[float, Range(0, 100, "percentage points")] = 10
    """Excess of the share of failures of a section, a host, a server or a network over the usual that triggers an
    alert; a fifth of it if it lasts an hour."""
    key_errors_floor: Annotated[int, Range(1, 1_000_000_000, "requests in a bucket")] = 20
    """Requests of a key needed to judge its failures."""
    key_response_time_baseline: Baseline = "seasonal"
    """What it is compared with, as in request_rate_baseline."""
    key_response_time_threshold: Annotated[float, Range(0, 1e6, "percent")] = 150
    """Excess of the p95 of a section, a host or a server over the usual that triggers an alert; a fifth of it if it
    lasts an hour."""
    key_response_time_floor: Annotated[int, Range(1, 1_000_000_000, "responses in a bucket")] = 50
    """Responses of a key needed to judge its p95."""
    key_response_time_least: Annotated[float, Range(0, 86400, "s")] = 0.1
    """Longest p95 that is never slow; a fifth of it if it lasts an hour."""

    # Detection: what is wrong in the traffic, see docs/detection.md ---------------------------------------------------

    detectors: Annotated[tuple[str, ...], "names of files in detection/detectors/ and inspectors/"] = (
        "path_scan",
        "login_guessing",
        "cache_busting",
        "credential_stuffing",
        "request_flood",
        "random_paths",
        "beacon",
        "advanced_threat",
        "dns_tunnel",
        "generated_names",
        "dns_rebinding",
        "evasion",
        "slow_heads",
        "slow_bodies",
        "slow_reads",
        "slow_handshakes",
        "half_open",
        "syn_scan",
        "http2_floods",
    )
    """Enabled detectors and inspectors. Their findings are counted, filtered, logged and judged like other records."""
    inspection_budget: Annotated[float, Range(1, 60_000, "ms")] = 50
    """CPU time that inspectors may take for an exchange. What takes longer is counted as not inspected. With `--crs`,
    it is 500 unless you set it."""
    inspection_queue: Annotated[int, Range(1, 65_536, "MiB")] = 64
    """Maximum contents that wait for inspectors. Live, what does not fit is counted as not inspected."""
    inspection_workers: Annotated[int, Range(1, 64, "processes")] = 1
    """Processes that run inspectors."""
    inspection_memory: Annotated[int, Range(16, 65_536, "MiB")] = 256
    """Memory that each of them may take, besides what loading the inspectors took."""
    unseen_hosts: Annotated[int, Range(1, 100_000, "hosts")] = 1000
    """Hosts of which `unseen` remembers what their requests are like, 9 kB each; the one not seen longest is forgotten.
    """
    path_scan_floor: Annotated[int, Range(2, 10_000, "paths in a minute")] = 30
    """Distinct paths that do not exist, asked for by one client, that make a finding."""
    login_guessing_floor: Annotated[int, Range(2, 1_000_000, "logins in a minute")] = 20
    """Refused or posted logins of one client that make a finding; five times as many refusals where the path is no
    login."""
    cache_busting_floor: Annotated[int, Range(2, 10_000, "queries in a minute")] = 300
    """Distinct query strings of one client for one path that make a finding."""
    credential_stuffing_floor: Annotated[int, Range(2, 100_000, "clients in a minute")] = 20
    """Clients whose logins to one host fail that make a finding, if most logins fail and more than usual."""
    request_flood_floor: Annotated[int, Range(10, 1_000_000_000, "requests in a minute")] = 6000
    """Requests of a client, network (/24, /64) or user agent that make a finding, if that is more than usual; 100 in a
    second, which no person makes."""
    random_paths_floor: Annotated[int, Range(10, 100_000, "requests in a minute")] = 3000
    """Requests to a server that make a finding if nine of ten are for different paths, and usually fewer are."""
    slow_heads_floor: Annotated[int, Range(2, 100_000, "requests at a time")] = 20
    """Requests whose heads do not end that make a finding, on connections of one client; five times as many on those of
    many clients."""
    slow_bodies_floor: Annotated[int, Range(2, 100_000, "requests at a time")] = 20
    """The same for requests whose bodies hardly go on."""
    slow_reads_floor: Annotated[int, Range(2, 100_000, "responses at a time")] = 40
    """The same for responses that are hardly read; a paused video is one."""
    slow_handshakes_floor: Annotated[int, Range(2, 100_000, "handshakes at a time")] = 20
    """The same for TLS handshakes that do not go on."""
    half_open_floor: Annotated[int, Range(10, 1_000_000_000, "connections in a minute")] = 1000
    """Connections to a port of a server that nobody completes that make a finding, if that is more than usual."""
    syn_scan_floor: Annotated[int, Range(5, 10_000, "ports in a minute")] = 50
    """Ports of servers that one client tries without opening a connection that make a finding."""
    http2_floods_floor: Annotated[int, Range(1, 60, "seconds in a minute")] = 3
    """Seconds with a flood of HTTP/2 frames by one client that make a finding."""
    beacon_floor: Annotated[int, Range(10, 10_000, "requests")] = 23
    """Requests of a client to a host outside from which on they are judged; with fewer, chance looks regular."""
    beacon_score: Annotated[float, Range(50, 100, "percent")] = 80
    """Regularity of intervals and sizes that makes a finding; random ones have about 50."""
    beacon_own_networks: Annotated[tuple[str, ...], "addresses and networks"] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
    """Whose requests to others are searched for regular calls: private addresses and this host. Add yours if they are
    public."""
    advanced_threat_score: Annotated[float, Range(10, 1000, "points")] = 70
    """Points of a client's signs in a day that make a finding: 20 for a finding of low severity, 40 for medium, 60 for
    high, and 15 to 30 for uploads, programs that nobody else uses and new domains beside it."""
    advanced_threat_own_networks: Annotated[tuple[str, ...], "addresses and networks"] = beacon_own_networks
    """The same as beacon_own_networks, for added signs."""
    dns_tunnel_floor: Annotated[int, Range(2, 10_000, "names in a minute")] = 30
    """Distinct long names below one domain, asked for by one client, that make a finding."""
    generated_names_floor: Annotated[int, Range(2, 10_000, "domains in two minutes")] = 40
    """Registered domains that do not exist, asked for by one client, that make a finding."""
    dns_rebinding_own_domains: Annotated[tuple[str, ...], "domains"] = ()
    """Domains that have public and private addresses by intention, such as `example.com` for laptops that come and
    go."""

    saas_policy: Annotated[tuple[str, ...], "rules, such as `deny Dropbox: upload` or `watch *`"] = ()
    """What people may do in which SaaS application: `allow`, `watch` or `deny`, an application and perhaps an action of
    the catalogue (`saas_catalogue`), with `*`; the first rule that fits decides. Rules or tenants enable `saas`."""
    saas_tenants: Annotated[tuple[str, ...], "tenants, such as `contoso` or `contoso.com`"] = ()
    """Your own tenants of SaaS applications. The use of others is a finding."""

    sigma_rules: Annotated[tuple[str, ...], "files and folders"] = ()
    """Sigma rules for web servers, proxies and DNS, like `--sigma`: files, and folders with files ending in .yml. They
    enable the detector `sigma`."""

    suricata_rules: Annotated[tuple[str, ...], "files and folders"] = ()
    """Rules of Suricata for HTTP, DNS and TLS, like `--suricata`: files, and folders with files ending in .rules. They
    enable `suricata` and `suricata_names`."""
    suricata_home_net: Annotated[tuple[str, ...], "addresses and networks"] = beacon_own_networks
    """What the rules mean by $HOME_NET; $EXTERNAL_NET is everything else."""

    # Learned from labels, see docs/learning.md ------------------------------------------------------------------------

    learned_model: str = ""
    """Model that the command `learn` made, like `--model`. It enables the detector `learned`, and is read again once
    another file has taken its place."""
    learned_threshold: Annotated[float, Range(0, 100, "percent")] = 0
    """Score of a request from which on it is a finding; 0 for the threshold in the model, which was chosen for few
    false alarms."""
    labels_file: str = ""
    """File to which the full screen appends exchanges that you mark as good or bad, like `--labels`."""

    # Threat intelligence: indicators in files, see docs/detection.md --------------------------------------------------

    indicators: Annotated[tuple[str, ...], "names of files"] = ()
    """Files with indicators, like `--indicators`: of abuse.ch, MISP, STIX or Zeek, or lists. They enable the detector
    threat_intelligence."""
    indicators_allowed: Annotated[tuple[str, ...], "names of files"] = ()
    """Files with addresses, networks, domains and fingerprints that are never found, whatever is listed."""
    indicators_confidence: Annotated[int, Range(0, 100, "percent")] = 25
    """Lowest confidence of indicators. Feeds that say nothing about it have 75."""
    indicators_lifetime: Annotated[int, Range(1, 36_500, "days")] = 365
    """How long an indicator is valid after it was last seen, if its feed says only when that was."""
    indicators_interval: Annotated[float, Range(1, 86400, "s")] = 60
    """Interval of checks whether these files have changed."""
    max_indicators: Annotated[int, Range(1000, 10_000_000, "indicators")] = 1_000_000
    """Maximum indicators of all files, and as many again of the allow lists."""
    max_indicator_file: Annotated[int, Range(1, 2048, "MiB")] = 256
    """Largest file with indicators that is read; of JSON, a quarter of it."""

    # Leaks and malware, see docs/detection.md -------------------------------------------------------------------------

    data_leak_patterns: str = ""
    """TOML file with texts of your own that must not leave, in the format of `detection/leaks/rules.toml`. It enables
    the inspector data_leak."""
    malware_rules: Annotated[tuple[str, ...], "names of files and folders"] = ()
    """YARA rules, like `--yara`: files, and folders with *.yar and *.yara. They enable the inspector malware."""
    malware_clamav: str = ""
    """Socket of ClamAV's daemon: its path, as /run/clamav/clamd.ctl, or ADDRESS:PORT. It enables the inspector
    malware."""
    # What a web application firewall would block, see docs/waf.md -----------------------------------------------------

    waf_rules: Annotated[tuple[str, ...], "files and folders"] = ()
    """Rules of ModSecurity for the detector `waf`, in the order of loading, like `--crs`: a folder of the OWASP Core
    Rule Set, and files. Empty for those of Debian's package modsecurity-crs."""
    waf_paranoia: Annotated[int, Range(0, 4, "level")] = 0
    """Paranoia level of the Core Rule Set; 0 for the one in its crs-setup.conf, which is 1 unless you changed it."""
    waf_threshold: Annotated[int, Range(0, 100_000, "points")] = 0
    """Anomaly score of a request from which on it would be blocked; 0 for the one in crs-setup.conf, usually 5."""
    waf_outbound_threshold: Annotated[int, Range(0, 100_000, "points")] = 0
    """The same for a response; usually 4."""

    # Answers to a front that asks, see docs/protecting.md -------------------------------------------------------------

    waf_routes: Annotated[tuple[str, ...], "routes, such as `/admin enforce closed 100ms`"] = ()
    """How requests are judged, by host and path, like `--route`: `off`, `shadow` or `enforce`, then `open` or `closed`
    for what is undecided, and a deadline. What no route covers is only logged (shadow)."""
    waf_enforced_rules: Annotated[tuple[str, ...], "numbers and ranges, such as 942000-942999, and `intelligence`"] = ()
    """Rules because of which a request may be refused; what only others refuse is logged. Empty for all rules."""
    waf_deadline: Annotated[int, Range(1, 10_000, "ms")] = 50
    """Time for an answer where a route does not say; then the request is undecided."""
    waf_queue: Annotated[int, Range(1, 100_000, "requests")] = 64
    """Requests that wait for a worker; any more are undecided at once."""
    max_front_connections: Annotated[int, Range(1, 100_000, "connections")] = 1000
    """Maximum connections of fronts."""
    waf_undecided_lines: Annotated[int, Range(0, 100_000, "lines")] = 10
    """Undecided requests that are logged in dashboard_bucket_size seconds; all of those that are refused are."""

    # Inline proxy, see docs/protecting.md -----------------------------------------------------------------------------

    proxy_threads: Annotated[int, Range(0, 256, "threads")] = 0
    """Threads of the proxy, each with connections of its own; 0 for one per processor."""
    proxy_connections: Annotated[int, Range(1, 1_000_000, "connections")] = 20_000
    """Maximum open connections of clients; beyond, the one that has waited longest for a request is ended."""
    proxy_head_timeout: Annotated[float, Range(0.1, 3600, "s")] = 10
    """Time for a TLS handshake, and for the head of a request."""
    proxy_idle_timeout: Annotated[float, Range(0.1, 86400, "s")] = 60
    """Time between two requests of a connection."""
    proxy_stall_timeout: Annotated[float, Range(0.1, 86400, "s")] = 30
    """Time in which a client must send a part of a body, or take a part of a response."""
    proxy_connect_timeout: Annotated[float, Range(0.1, 600, "s")] = 5
    """Time for a connection to an upstream, and for a check of it."""
    proxy_response_timeout: Annotated[float, Range(0.1, 86400, "s")] = 60
    """Time in which an upstream must send a part of its response."""
    proxy_drain: Annotated[float, Range(0, 3600, "s")] = 10
    """Time for requests under way at the end."""
    proxy_client_rate: Annotated[float, Range(0, 1e6, "requests/s")] = 0
    """Requests that one client may make on average; 0 for no limit. Others are answered with 429."""
    proxy_client_burst: Annotated[int, Range(1, 1_000_000, "requests")] = 100
    """Requests that one client may make at once, if there is a limit."""
    proxy_client_connections: Annotated[int, Range(0, 1_000_000, "connections")] = 0
    """Maximum open connections of one client; 0 for no limit."""
    proxy_forwarded: Literal["x-forwarded", "forwarded", "both", "none"] = "x-forwarded"
    """Fields that tell upstreams about the client: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239). What
    clients send in them is kept only if it comes from trusted_proxies."""
    proxy_send_header: bool = False
    """Tell upstreams the client's address by the PROXY protocol, version 2, too; each client's connection then has
    connections of its own to upstreams."""
    proxy_expect_header: bool = False
    """Clients' connections begin with a PROXY header, of version 1 or 2, from one of the trusted_proxies."""
    proxy_upgrades: Annotated[tuple[str, ...], "names of protocols"] = ("websocket",)
    """Protocols that clients may switch to; * for all."""
    proxy_connect: bool = False
    """Pass requests with the method CONNECT on; otherwise they are refused."""
    proxy_allowed_oddities: Annotated[tuple[str, ...], "names of oddities"] = ()
    """Ambiguous requests that are passed on all the same, by their names in docs/oddities.md."""
    proxy_page: str = ""
    """File with the page for refused requests, in which {id} stands for the request's number; HTML if it ends in .html.
    Empty for one line of text."""
    proxy_page_status: Annotated[int, Range(400, 599, "status")] = 403
    """Status of that page."""
    proxy_health_path: str = ""
    """Path under which the proxy itself tells whether upstreams are up, such as /proxy-health; empty for none."""
    proxy_check_path: str = ""
    """Path by which upstreams are checked: anything but 5xx is well. Empty if they need only take a connection."""
    proxy_check_pause: Annotated[float, Range(0, 3600, "s")] = 5
    """Time between checks of upstreams; 0 for none."""
    proxy_http2: bool = True
    """Offer HTTP/2 to clients that use TLS. Without TLS, those that know of it may use it."""
    proxy_tls12: bool = True
    """Offer TLS 1.2 besides 1.3."""
    proxy_client_ca: str = ""
    """File with the authorities that clients' certificates are verified with; empty if none are asked for. Upstreams
    get the certificate in Client-Cert (RFC 9440)."""
    proxy_client_optional: bool = False
    """Let clients without a certificate in, if they are asked for one."""
    proxy_upstream_ca: str = ""
    """File with the authorities that upstreams' certificates are verified with; empty for those of the system, `none`
    to take any certificate."""

    # Memory and statistics -------------------------------------------------------------------------------------------

    max_retention_length: Annotated[int, Range(60, 7 * 86400, "s")] = 86400
    """How long sums and alerts are kept; also the window of the long column of each top list."""
    max_top_hits: Annotated[int, Range(1, 1000, "rows")] = 10
    """Rows of a top list."""
    max_recent_exchanges: Annotated[int, Range(100, 100_000_000, "exchanges")] = 50_000
    """Maximum recent exchanges kept one by one, for filters, details and the live list."""
    max_recent_characters: Annotated[int, Range(2**16, 2**36, "characters")] = 16 * 2**20
    """Maximum characters held in recent exchanges, which usually have 100 to 300 each."""
    max_str_length: Annotated[int, Range(16, 65536, "characters")] = 1024
    """Maximum characters of a string from the wire; longer ones are cut."""
    statistics: Annotated[tuple[str, ...], "names of files in stats/"] = (
        "request_rate",
        "top_sections",
        "top_domains",
        "top_operations",
        "top_user_agents",
        "top_methods",
        "top_status_codes",
        "status_classes",
        "server_error_paths",
        "uploaded_per_domain",
        "downloaded_per_domain",
        "server_response_time",
        "top_findings",
    )
    """Plug-ins from `stats/`, in the order of the screen. `+top_countries` adds to this list. Panels that are hidden
    until something was counted come last, unless this list is replaced."""
    full_screen_statistics: Annotated[tuple[str, ...], "names of files in stats/"] = (
        "top_clients",
        "top_paths",
        "not_found_paths",
        "top_protocols",
        "grpc_status_codes",
        "stream_duration",
        "tls_failures",
        "tls_handshake_time",
        "tls_versions",
        "tls_ciphers",
        "tls_clients",
        "tls_certificates_expiring",
        "quic_servers",
        "top_processes",
        "top_containers",
        "container_response_time",
        "findings_by_client",
    )
    """Also counted on the full screen, which has room for them, unless `statistics` was replaced; shown after
    top_operations. If every path is requested only once, they cost as much as all others together."""
    tls_expiry_days: Annotated[int, Range(1, 3650, "days")] = 30
    """A TLS certificate expires soon if it has expired or will within this time: see tls_certificates_expiring."""
    path_templates: bool = False
    """Count paths that differ only in a number, a hash or a date as one, such as `/users/{id}`, in lists of sections
    and paths."""
    country_database: str = ""
    """MaxMind file for statistics per country and continent; empty uses the package iptocc."""
    network_database: str = ""
    """MaxMind file (GeoLite2-ASN.mmdb), required for statistics per network."""
    saas_catalogue: str = ""
    """TOML file with your own applications, in the format of `stats/saas.toml`; it takes precedence."""
    statistics_folder: str = ""
    """Folder with more plug-ins; empty for none. They are code, so root loads none from a folder that others can
    write to."""

    # History on disk, see docs/history.md ----------------------------------------------------------------------------

    history_minutes: Annotated[int, Range(1, 3660, "days")] = 2
    """How long the sums of each minute are kept."""
    history_hours: Annotated[int, Range(1, 3660, "days")] = 60
    """How long the sums of each hour are kept."""
    history_days: Annotated[int, Range(1, 36600, "days")] = 731
    """How long the sums of each day, and alerts, are kept. Minutes and hours are never kept longer."""
    history_size: Annotated[int, Range(16, 1_000_000, "MiB")] = 512
    """Maximum size of the history file; when it is full, the oldest minutes are deleted first, then hours, then
    days."""
    history_keys: Annotated[int, Range(1, 10_000, "keys")] = 100
    """Maximum keys of a statistic kept for each minute, hour and day; the rest becomes `(other)`."""

    # Collector of sensors, see docs/fleet.md -------------------------------------------------------------------------

    max_sensors: Annotated[int, Range(1, 1000, "sensors")] = 50
    """Maximum sensors whose records a collector stores; others are told to wait."""
    max_sensor_connections: Annotated[int, Range(1, 1000, "connections")] = 100
    """Maximum connections to a collector at a time; others are closed at once. Each may hold a batch of 8 MiB."""
    collected_recent: Annotated[int, Range(600, 86400, "s")] = 3600
    """How long a collector keeps records as they arrived, for screens that were away."""
    stored_buckets: Annotated[int, Range(1, 366, "days")] = 3
    """How long ClickHouse keeps buckets. `store init` sets it, as for minutes, hours and days."""

    # Sensor of a fleet, see docs/fleet.md -----------------------------------------------------------------------------

    store: str = ""
    """Store of many sensors to send everything counted to, like `--store`: clickhouse://USER@HOST/DATABASE, or
    https://HOST of a collector; empty for none."""
    sensor: str = ""
    """Name of this sensor, like `--sensor`: letters, digits, `.`, `_` and `-`; empty for the name of the host."""
    vantage: str = ""
    """Where in the network it captures, like `--vantage`, such as `edge` or `backend`."""
    spool: str = ""
    """Folder of the spool, like `--spool`; empty for one beside the history file."""
    spool_size: Annotated[int, Range(1, 1_000_000, "MiB")] = 256
    """Maximum size of the spool: half of it for buckets. The oldest records are dropped first, and counted."""
    spool_days: Annotated[float, Range(0.01, 3660, "days")] = 7
    """How long records wait for a store that cannot be reached."""
    store_flush_time: Annotated[float, Range(0, 3600, "s")] = 5
    """Time to send what is left before the program ends; the rest stays in the spool."""
    store_replay_time: Annotated[float, Range(0, 86400, "s")] = 60
    """The same after a capture file (`-r`), which is counted faster than it can be sent."""

    # Incidents: evidence of alerts, see docs/incidents.md -------------------------------------------------------------

    incidents: str = ""
    """Folder for the evidence of alerts, like `--incidents`; empty for none. Packets contain what people sent."""
    incident_seconds: Annotated[int, Range(1, 3600, "s")] = 60
    """Packets kept before an alert, and at least those of the bucket that alerted (average_bucket_size)."""
    incident_after: Annotated[int, Range(0, 3600, "s")] = 10
    """Packets kept after an alert. Alerts that are raised meanwhile belong to the same incident."""
    incident_bytes: Annotated[int, Range(2**16, 2**36, "bytes")] = 64 * 2**20
    """Maximum memory for the packets before an alert, and again for those after it."""
    max_incidents: Annotated[int, Range(1, 100_000, "incidents")] = 20
    """Maximum incidents kept. The newest half is never deleted; of the others, the first of a series stays longest."""
    max_incident_bytes: Annotated[int, Range(2**20, 2**50, "bytes")] = 2**30
    """Maximum size of all incidents together; the newest is kept in any case."""

    # Limits against hostile or excessive traffic; everything dropped is counted --------------------------------------

    max_keys: Annotated[int, Range(10, 1_000_000, "keys")] = 1000
    """Maximum distinct keys counted separately in a statistic; the rest becomes `(other)`."""
    max_alerts: Annotated[int, Range(1, 1_000_000, "alerts")] = 5000
    """Maximum alerts kept. Ten signals that each alert in every other bucket raise 3,600 in a day."""
    max_connections: Annotated[int, Range(1, 10_000_000, "connections")] = 65536
    """Maximum TCP connections followed at a time; the longest idle one is dropped first."""
    max_pending_requests: Annotated[int, Range(1, 100_000, "requests")] = 256
    """Maximum requests of a connection waiting for their responses."""
    max_pending_lookups: Annotated[int, Range(1, 10_000_000, "lookups")] = 32768
    """Maximum DNS queries waiting for an answer; the one that waits longest is given up first."""
    max_header_bytes: Annotated[int, Range(256, 16 * 2**20, "bytes")] = 65536
    """Maximum size of a message head; servers refuse more than 8 to 64 KiB."""
    max_headers: Annotated[int, Range(8, 100_000, "fields")] = 256
    """Maximum header fields of a message."""
    max_header_table: Annotated[int, Range(4096, 2**30, "bytes")] = 65536
    """Maximum bytes remembered of the header table of each direction of an HTTP/2 connection, as HPACK counts them; of
    a larger one, the oldest names are unknown."""
    max_streams: Annotated[int, Range(1, 100_000, "streams")] = 1000
    """Maximum streams of an HTTP/2 connection waiting for the end of their responses."""
    max_continuations: Annotated[int, Range(1, 100_000, "frames")] = 64
    """Maximum frames of an HTTP/2 header block; servers refuse floods of them."""
    max_connection_buffer: Annotated[int, Range(2**16, 2**30, "bytes")] = 2**20
    """Maximum bytes buffered for a connection: segments that arrived early, and incomplete heads."""
    max_total_buffer: Annotated[int, Range(2**20, 2**36, "bytes")] = 64 * 2**20
    """Maximum bytes buffered for all connections together, and for IP fragments."""
    max_held_segments: Annotated[int, Range(1, 65536, "segments")] = 256
    """Maximum segments of a connection that wait for an earlier one before it counts as lost."""
    max_server_names: Annotated[int, Range(1, 10_000, "names")] = 200
    """Maximum TLS server names counted separately; the rest becomes `(other)`."""
    max_metric_hosts: Annotated[int, Range(1, 10_000, "hosts")] = 100
    """Maximum hosts, and names in DNS, with metrics of their own (`--prometheus`, `--otlp`), first come, first served;
    the rest becomes `(other)`."""
    max_queued_records: Annotated[int, Range(100, 100_000_000, "records")] = 250_000
    """Maximum records queued for the main thread; any more are dropped and counted as lost."""
    max_queued_characters: Annotated[int, Range(2**20, 2**36, "characters")] = 32 * 2**20
    """Maximum characters held in queued records."""
    max_queued_content: Annotated[int, Range(2**20, 2**36, "bytes")] = 64 * 2**20
    """Maximum bytes of heads and bodies queued for inspectors; any more are not inspected."""
    max_inspected_body: Annotated[int, Range(0, 2**24, "bytes")] = 2**17
    """Maximum bytes of a body that inspectors see; 0 leaves them the heads."""

    # Time-outs, in packet time ---------------------------------------------------------------------------------------

    gap_timeout: Annotated[float, Range(0.01, 3600, "s")] = 1.0
    """Time after which missing bytes of a stream count as lost. Reordering in a network takes milliseconds."""
    connection_timeout: Annotated[float, Range(1, 86400, "s")] = 600
    """Idle time after which a connection is forgotten; servers usually give up sooner."""
    closed_timeout: Annotated[float, Range(0, 3600, "s")] = 5
    """How long late packets of a closed connection are recognised, and how long a doubtful RST waits for data that
    contradicts it. Retransmissions after a reset are recognised for connection_timeout."""
    fragment_timeout: Annotated[float, Range(0.1, 3600, "s")] = 30
    """How long to wait for the rest of an IP datagram (RFC 791 and RFC 8200 allow 15 to 60 s)."""
    dns_timeout: Annotated[float, Range(0.1, 3600, "s")] = 15
    """Time after which a DNS query counts as unanswered. Resolvers give up after 5 to 10 s and answer SERVFAIL."""

    # Log (`--log`, `--log-syslog`), see docs/siem.md -----------------------------------------------------------------

    log_records: tuple[
        Literal["exchanges", "handshakes", "lookups", "quic", "files", "findings", "alerts", "blocks"], ...
    ] = ("exchanges", "blocks")
    """What the log has a line for: exchanges, findings, alerts that are raised or dismissed, clients that are blocked
    or no longer (`--block`), and TLS handshakes, DNS lookups and QUIC connections if the core is built. Naming lookups
    turns DNS on, and naming files the inspector file_hashes."""
    log_format: Literal["ecs", "ocsf", "cef", "leef"] = "ecs"
    """Format of the log, like `--log-format`: JSON with the names of the Elastic Common Schema or of OCSF, CEF of
    ArcSight, or LEEF of QRadar; see docs/siem.md."""
    log_query_strings: bool = False
    """Log the queries of URLs. They contain what visitors search for, and often tokens; otherwise a URL ends before
    `?`."""
    log_credentials: bool = False
    """Log user names and passwords in URLs; otherwise `***@` replaces them. It also shows the secret header fields in
    log_headers."""
    log_headers: Annotated[tuple[str, ...], "names of header fields"] = ()
    """Header fields of requests and responses to log and show, such as `x-request-id,x-cache,content-encoding`.
    Together they are cut at max_str_length characters for each message."""

    log_leef_delimiter: Literal["tab", "^"] = "tab"
    """What separates the attributes of LEEF. Some syslog daemons replace tabs."""
    log_syslog: Annotated[tuple[str, ...], "addresses: tls://host:6514, tcp://host:601, udp://host, /dev/log"] = ()
    """Syslog daemons to send the log to, like `--log-syslog`, with or without a file."""
    log_syslog_facility: Literal[
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ] = "local0"  # fmt: skip
    """Syslog facility."""
    log_message_size: Annotated[int, Range(480, 65_000, "bytes")] = 8192
    """Longest message over syslog; texts in longer ones are shortened. Over UDP at most 2,048, because daemons need not
    take longer ones."""
    log_queue: Annotated[int, Range(1, 1024, "MiB")] = 32
    """Maximum memory for messages that wait for a daemon; if there are more, the oldest are dropped, findings and
    alerts last."""
    log_timeout: Annotated[float, Range(0.1, 300, "s")] = 10
    """How long to wait for a daemon in each step."""
    log_flush_time: Annotated[float, Range(0, 300, "s")] = 5
    """Time to send what is queued before the program ends."""
    log_authorities: str = ""
    """File (PEM) with additional certificate authorities for daemons with TLS."""
    log_certificate: str = ""
    """File (PEM) with the certificate that a daemon asks for."""
    log_key: str = ""
    """File (PEM) with its key, unencrypted."""

    # Metrics for OpenTelemetry, see docs/output.md -------------------------------------------------------------------

    otlp: str = ""
    """URL of a collector to send metrics to, like `--otlp`: http://localhost:4318, or `env` for that of the environment
    variable OTEL_EXPORTER_OTLP_ENDPOINT; empty for none."""
    otlp_interval: Annotated[float, Range(1, 86400, "s")] = 60
    """Time between two exports; at least dashboard_bucket_size."""
    otlp_temporality: Literal["auto", "cumulative", "delta"] = "auto"
    """Send totals since the start, or what was added since the export before. auto: what the environment variable
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE says, otherwise cumulative."""
    otlp_max_series: Annotated[int, Range(10, 100_000, "series")] = 2000
    """Maximum series of a metric, first come, first served; the rest is one more, with otel.metric.overflow."""
    otlp_queue: Annotated[int, Range(1, 100, "exports")] = 2
    """Maximum exports that wait for a collector that is down; the next one then covers all the time since."""
    otlp_timeout: Annotated[float, Range(0.1, 300, "s")] = 10
    """How long to wait for each answer of the collector."""
    otlp_flush_time: Annotated[float, Range(0, 300, "s")] = 5
    """Time to send the last export before the program ends."""
    otlp_headers_file: str = ""
    """File with more header fields to send, one `name: value` per line, such as a token. The environment variable
    OTEL_EXPORTER_OTLP_HEADERS adds to them."""
    otlp_authorities: str = ""
    """File (PEM) with additional certificate authorities for the collector."""
    otlp_certificate: str = ""
    """File (PEM) with the certificate that the collector asks for."""
    otlp_key: str = ""
    """File (PEM) with its key, unencrypted."""

    # Notices: who is notified of alerts, see docs/notices.md ---------------------------------------------------------

    notice_command: str = ""
    """Command to run for each alert that is raised or dismissed, like `--on-alert`; empty for none."""
    notice_command_shell: bool = False
    """Run the command with /bin/sh; otherwise it is a program with its arguments."""
    notice_command_timeout: Annotated[float, Range(0.1, 3600, "s")] = 30
    """Time after which the command, and everything it started, is killed."""
    notice_webhook: Annotated[str, SECRET] = ""
    """URL to post notices to; it often contains a token. The environment variable HTTP_MONITOR_WEBHOOK and
    notice_webhook_file add more URLs."""
    notice_webhook_format: Literal["json", "slack", "alertmanager"] = "json"
    """Format of the notices posted to URLs that have no format in front."""
    notice_webhook_file: str = ""
    """File with URLs to post notices to, one per line, optionally with a format in front."""
    notice_alertmanager_repeat: Annotated[float, Range(1, 3600, "s")] = 60
    """Interval at which Alertmanager is reminded of an active alert; otherwise it forgets the alert."""
    notice_syslog: Annotated[tuple[str, ...], "addresses: tls://host:6514, tcp://host:601, udp://host, /dev/log"] = ()
    """Syslog daemons to send notices to."""
    notice_syslog_facility: Literal[
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ] = "daemon"  # fmt: skip
    """Syslog facility."""
    notice_mail_to: Annotated[tuple[str, ...], "mail addresses"] = ()
    """Recipients of e-mail notices."""
    notice_mail_from: str = ""
    """Sender of e-mail notices; empty for http-monitor at this machine."""
    notice_smtp: str = ""
    """Mail server, as host or host:port. The default port is 465 for tls, 587 with a login, otherwise 25."""
    notice_smtp_security: Literal["auto", "starttls", "tls", "none"] = "auto"
    """auto: STARTTLS if the server offers it; with a login, nothing is sent without it. tls: encrypted from the
    start."""
    notice_smtp_user: str = ""
    """User name for the mail server; empty for no login."""
    notice_smtp_password_file: str = ""
    """File with the password for the mail server; otherwise the environment variable HTTP_MONITOR_SMTP_PASSWORD is
    used."""
    notice_authorities: str = ""
    """File (PEM) with additional certificate authorities for webhooks, mail servers and syslog over TLS."""
    notice_replays: bool = True
    """Also send notices of alerts in capture files (`-r`). Set to false to spare receivers old alerts."""
    notice_timeout: Annotated[float, Range(0.1, 300, "s")] = 10
    """How long to wait for each response of a receiver."""
    notice_retry_limit: Annotated[float, Range(0, 7 * 86400, "s")] = 3600
    """How long to retry a notice that could not be delivered."""
    notice_queue: Annotated[int, Range(2, 10_000, "notices")] = 100
    """Maximum notices queued for a receiver; if there are more, the oldest is dropped."""
    notice_flush_time: Annotated[float, Range(0, 300, "s")] = 5
    """Time to deliver queued notices before the program ends."""

    # Decryption of TLS, see docs/protocols.md ------------------------------------------------------------------------

    max_secrets: Annotated[int, Range(1, 10_000_000, "connections")] = 100_000
    """Maximum TLS connections whose secrets are kept until their packets come."""
    max_undecrypted_buffer: Annotated[int, Range(0, 2**30, "bytes")] = 2**18
    """Maximum bytes per TLS connection that wait for its secrets."""
    key_wait: Annotated[float, Range(0, 3600, "s")] = 5
    """How long they wait. Secrets that come later decrypt what follows."""

    # Capture ---------------------------------------------------------------------------------------------------------

    user: str = ""
    """User the program switches to once the capture is open, if it runs as root; empty for the sudo caller,
    otherwise nobody. `root` keeps all rights. Under sudo, only the caller and nobody are allowed."""

    lockdown: bool = True
    """Give up, once everything is open, all files, connections and system calls that this run does not need (Landlock
    and seccomp of Linux, by the core). Plug-ins must open their files when they are loaded."""

    protocols: tuple[ProtocolName, ...] = ("http2", "websocket", "operations", "tls", "quic")
    """Protocols to decode besides HTTP/1, which needs the core; see docs/protocols.md. `dns` is added if a statistic
    counts DNS lookups; `+dns` adds it with its statistics."""
    ring_size: Annotated[int, Range(1, 4096, "MiB")] = 32
    """Size of the packet buffer shared with the Linux kernel, which holds packets while the program is busy."""
    capture_threads: Annotated[int, Range(1, 16, "threads")] = 1
    """Threads that decode packets, which needs the core; a connection stays with one. Counting has a thread of its own
    in any case, which limits what more than two bring; see docs/performance.md."""
    snap_length: Annotated[int, Range(256, 262144, "bytes")] = 262144
    """Maximum bytes captured of each frame. Loopback and offloading produce frames of up to 64 KiB."""

    # Keys of TLS connections, see docs/https.md ----------------------------------------------------------------------

    keys: Annotated[tuple[str, ...], "names of key log files, or ebpf"] = ()
    """NSS key logs (SSLKEYLOGFILE) to decrypt TLS with, like `--keys`, which needs the core. Nobody else may be able to
    read them."""

    # Owners of connections: see docs/owners.md ------------------------------------------------------------------------

    owners: Literal["all", "host", "none"] = "all"
    """Name the process, user, container and pod that hold a connection on this host, on Linux and with the core. `host`
    does not look into the networks of containers."""
    max_owners: Annotated[int, Range(100, 10_000_000, "connections")] = 10_000
    """Maximum connections whose owners are remembered."""

    # Clients behind proxies, see docs/statistics.md ------------------------------------------------------------------

    trusted_proxies: Annotated[tuple[str, ...], "addresses and networks"] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
    """Proxies whose word about the address of their client is taken: private addresses and this host. If your clients
    have such addresses too, name only your proxies."""
    client_headers: tuple[ClientHeader, ...] = ("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip")
    """Header fields in which they name it; the first that a request has counts. Name only those that your proxies set:
    others may come from the client. The PROXY protocol always counts."""

    # Blocking: telling a front whom to refuse, see docs/protecting.md -------------------------------------------------

    block: tuple[Literal["nft", "haproxy", "nginx", "proxy"], ...] = ()
    """Have these refuse clients because of findings and alerts, like `--block`: the Linux kernel (nftables), HAProxy,
    nginx or our own proxy."""
    block_dry_run: bool = True
    """Only say who would be blocked, and tell no front. Always true with `-r`."""
    block_severity: Literal["info", "low", "medium", "high", "critical"] = "high"
    """Lowest severity of findings that block their client."""
    block_rules: Annotated[tuple[str, ...], "names of detectors and rules"] = ("path_scan", "login_guessing")
    """Findings that block their client whatever their severity."""
    block_ignored: Annotated[tuple[str, ...], "names of detectors and rules"] = (
        "data_leak",
        "malware",
        "saas",
        "beacon",
        "advanced_threat",
        "dns_tunnel",
        "generated_names",
        "dns_rebinding",
        "half_open",
        "syn_scan",
    )
    """Findings that block nobody: their clients are people whom a leak or malware reaches, machines inside, or
    addresses that an attacker may have made up."""
    block_seconds: Annotated[float, Range(10, 30 * 86400, "s")] = 600
    """Length of a block, counted from the client's last offence."""
    block_alerts: Annotated[tuple[str, ...], "names of signals"] = ()
    """Signals whose alerts block their main clients, such as `dominant_client`. A busy gateway is one client too."""
    block_alert_share: Annotated[float, Range(1, 100, "percent")] = 50
    """Least share of such a client in what the signal counts."""
    block_allow: Annotated[tuple[str, ...], "addresses and networks"] = ()
    """Clients that are never blocked, like trusted_proxies: monitoring, offices, payment services."""
    block_own_host: bool = False
    """Also block loopback and the addresses of this host. For tests."""
    block_grace: Annotated[float, Range(0, 30 * 86400, "s")] = 3600
    """How long a client is not blocked again after somebody lifted its block."""
    block_prefix_v4: Annotated[int, Range(16, 32, "bits")] = 32
    """Prefix of an IPv4 address that is blocked as a whole."""
    block_prefix_v6: Annotated[int, Range(32, 128, "bits")] = 64
    """Prefix of an IPv6 address that is blocked as a whole: most customers have a /64 or more."""
    max_blocks: Annotated[int, Range(1, 10_000, "blocks")] = 1000
    """Maximum blocks at a time; the one that would end first makes room for another."""
    block_nft_table: str = "http_monitor"
    """Table of nftables, of the family inet, that is made and removed; its name begins with http_monitor."""
    block_haproxy_sockets: Annotated[tuple[str, ...], "paths, or HOST:PORT"] = ("/run/haproxy/admin.sock",)
    """Sockets of HAProxy's Runtime API, with `level admin`."""
    block_haproxy_file: str = "/etc/haproxy/blocked.acl"
    """File from which HAProxy loads whom to refuse: a map if it ends in .map, otherwise an ACL."""
    block_nginx_file: str = "/etc/nginx/blocked.conf"
    """File that a `geo` block of nginx includes."""
    block_nginx_pid: str = "/run/nginx.pid"
    """File with the process that reloads nginx at a SIGHUP."""
    block_nginx_reload: str = ""
    """Command that reloads nginx instead, such as `systemctl reload nginx`; it keeps the rights of who started us."""
    block_nginx_pause: Annotated[float, Range(1, 3600, "s")] = 10
    """Least time between two reloads."""

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SettingError: a value has the wrong type or is out of range.
        """
        for name, setting in settings_of(Config).items():
            setting.check(getattr(self, name))

    @classmethod
    def with_settings(cls, texts: Mapping[str, str], values: Mapping[str, Any] | None = None) -> "Config":
        """Return the defaults, changed by `values`, then by the `name=value` texts of `--set`.

        Raises:
            SettingError: a setting is unknown, or a value is invalid.
        """
        settings = settings_of(cls)
        for name in texts:
            if find(settings, name).secret:
                raise SettingError(f"{name} is secret and would be visible in `ps`; use a settings file (--config)")
        changed: dict[str, Any] = {}
        for layer in (values or {}, {name: find(settings, name).parse(text) for name, text in texts.items()}):
            for name, value in layer.items():
                changed[name] = find(settings, name).extended(value, changed.get(name, getattr(cls, name)))
        follows = cls.average_learning_duration == cls.average_bucket_size
        if follows and "average_bucket_size" in changed:
            changed.setdefault("average_learning_duration", changed["average_bucket_size"])
        return cls(**changed)

    @property
    def adds_to_usual(self) -> bool:
        """Return whether the statistics are the usual ones, perhaps with others added."""
        usual = type(self).statistics
        return self.statistics[: len(usual)] == usual

    def counted(self, full_screen: bool) -> tuple[str, ...]:
        """Return the names of the statistics of a run, in the order of the screen."""
        named = self.statistics
        dns = tuple(name for name in OF_DNS if "dns" in self.protocols and name not in named)
        if not full_screen or not self.adds_to_usual:
            return (*named, *dns)
        more = (name for name in self.full_screen_statistics if name not in named)
        return (*named[:_FIRST], *more, *named[_FIRST:], *dns)

    def as_toml(self) -> str:
        """Return every setting with its value, as TOML."""
        return as_toml(self)
