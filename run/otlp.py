"""Makes the exporter of OTLP from the settings and the environment of OpenTelemetry.

Certificates and secrets are read here, before the rights are dropped.
"""

import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from socket import gethostname
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from cli.arguments import Arguments
from cli.build import VERSION
from exercise_config import Config
from outputs.otlp import environment as otel
from outputs.otlp.statistics import MetricStatistic, dns_statistics, http_statistics, tls_statistics
from run.tls import Certificates, secure_context
from stats.statistic import Statistic
from traffic.records import DnsLookup

if TYPE_CHECKING:
    from notices.secret_file import OpenSecret
    from outputs.otlp.collector import Destination
    from outputs.otlp.exporter import OtlpExporter
    from outputs.otlp.snapshot import Snapshot

NAMESPACE: Final = UUID("4d63009a-8d0f-11ee-aad7-4c796ed8e320")
"""For numbers of instances that are made of a name, by OpenTelemetry's conventions for `service.instance.id`."""


def exports(arguments: Arguments, config: Config) -> bool:
    """Return whether this run exports metrics; the demo does not, because it may run in a private network."""
    return bool(config.otlp) and not arguments.demo


def metric_statistics(
    config: Config, shown: Sequence[Statistic], environment: Mapping[str, str] = os.environ
) -> tuple[MetricStatistic, ...]:
    """Return what is counted for the export: HTTP, and the other protocols if they are decoded."""
    found = http_statistics(config.max_metric_hosts, otel.methods(environment))
    if "dns" in config.protocols or any(statistic.record is DnsLookup for statistic in shown):
        found += dns_statistics(config.max_metric_hosts)
    if "tls" in config.protocols:
        found += tls_statistics()
    return found


def exposed(config: Config) -> Iterator[str]:
    """Yield warnings about files with secrets that every user can read."""
    for name in ("otlp_headers_file", "otlp_key"):
        path = getattr(config, name)
        if path:
            from notices.secret_file import exposure

            if sentence := exposure(path, name):
                yield sentence


def otlp_exporter(
    arguments: Arguments,
    config: Config,
    statistics: Sequence[MetricStatistic],
    environment: Mapping[str, str] = os.environ,
    open_file: "OpenSecret" = os.open,
) -> "OtlpExporter":
    """Return the exporter. `open_file` opens files with secrets.

    Raises:
        ImportError: an optional package is missing.
        SettingError: a setting or a variable is wrong, or a file cannot be read.
    """
    from outputs.otlp.collector import Collector
    from outputs.otlp.exporter import OtlpExporter, Terms
    from outputs.otlp.message import request
    from outputs.otlp.sender import Sender

    named = resource(arguments, environment)

    def encode(snapshot: "Snapshot") -> bytes:
        return request(snapshot, statistics, named, VERSION).SerializeToString()

    terms = Terms(
        bucket_size=config.dashboard_bucket_size,
        interval=config.otlp_interval,
        delta=otel.is_delta(config.otlp_temporality, environment),
        max_series=config.otlp_max_series,
        flush_time=config.otlp_flush_time,
    )
    collector = Collector(destination(config, environment, open_file))
    "localhost".encode("idna")  # loads a module that every look-up of a name needs
    return OtlpExporter(
        statistics, terms, Sender(collector, encode, config.otlp_queue, patient=arguments.read is not None)
    )


def resource(arguments: Arguments, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that say who exports. The instance stays the same when the program starts again."""
    host = gethostname() or "localhost"
    source = arguments.read or f"{arguments.interface} port {arguments.ports}"
    ours = {
        "service.name": "http-monitor",
        "service.version": VERSION,
        "service.instance.id": str(uuid5(NAMESPACE, f"{host} {source}")),
        "host.name": host,
    }
    return otel.resource(environment, ours)


def destination(config: Config, environment: Mapping[str, str], open_file: "OpenSecret") -> "Destination":
    """Return where to post to.

    Raises:
        SettingError: a setting or a variable is wrong, or a file cannot be read.
    """
    from outputs.otlp.collector import Destination

    otel.check_protocol(environment)
    url = otel.endpoint(config.otlp, environment)
    secure = url.startswith("https:")
    return Destination(
        url=url,
        name=urlsplit(url).hostname or "",
        headers=_headers(config, environment, open_file),
        timeout=config.otlp_timeout,
        compressed=otel.compressed(environment),
        authorities=_tls(config, environment, open_file) if secure else None,
    )


def _headers(config: Config, environment: Mapping[str, str], open_file: "OpenSecret") -> dict[str, str]:
    """Return the header fields of the environment and of the file, which has a line `name: value` for each."""
    from notices.secret_file import read_secret

    found = otel.headers(*otel.general(environment, otel.HEADERS))
    if not config.otlp_headers_file:
        return found
    for line in read_secret(config.otlp_headers_file, "otlp_headers_file", open_file).splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, value = (part.strip() for part in line.partition(":"))
            otel.check_header(name, value, "otlp_headers_file")
            found[name] = value
    return found


def _tls(config: Config, environment: Mapping[str, str], open_file: "OpenSecret") -> ssl.SSLContext:
    """Return the authorities to trust, with the client's certificate if there is one."""
    given = Certificates(
        authorities=config.otlp_authorities or otel.general(environment, "CERTIFICATE")[0],
        certificate=config.otlp_certificate or otel.general(environment, "CLIENT_CERTIFICATE")[0],
        key=config.otlp_key or otel.general(environment, "CLIENT_KEY")[0],
    )
    return secure_context(given, "otlp", open_file)
