"""Chooses what decodes the frames of a run: the core or the reference, its limits, and Scapy for whole packets."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import ceil
from types import MappingProxyType
from typing import Final

from capture.core import CORE, how_to_describe, how_to_inspect
from capture.dissector import Dissector
from capture.inner_ip import inner_ip
from capture.intake import Decodes
from exercise_config import Config, SettingError
from run.enabled import enabled
from stats.statistic import ScapyPacket, Statistic
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.limits import Limits
from traffic.records import DnsLookup

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,100}")
"""The name of a header field in lower case (RFC 9110 section 5.1)."""
MOST_NAMES: Final = 32
"""Maximum names in `log_headers`; a head is searched for each of them."""

DESCRIBED: Final = frozenset(("unseen", "learned"))
"""Detectors that look at the features of requests."""

_MAPPED: Final = 96
"""Bits before an IPv4 address that is written as one of IPv6 (RFC 4291 section 2.5.5.2)."""

_COUNTED: Final[Mapping[type, str]] = MappingProxyType({DnsLookup: "dns"})
"""Protocols that are decoded whenever a statistic counts one of these records, or the log has them."""


def decoder_for(
    ports: Container[int],
    limits: Limits,
    wanted: frozenset[type] = frozenset(),
    protocols: frozenset[str] = frozenset(),
    secrets: bool = False,
    threads: int = 1,
) -> Decodes:
    """Return the core's decoder if it was built, else the reference, which decodes no protocol besides HTTP/1.

    `wanted` are records of `OPTIONAL`, and `protocols` names of `PROTOCOLS`. With `secrets`, TLS connections are kept
    ready for `add_secrets` from the start. The core decodes in so many `threads`.
    """
    if CORE is not None:
        flags = bytes(map(ports.__contains__, range(2**16)))
        if threads > 1:
            several: Decodes = CORE.Decoders(
                threads, flags, shared(limits, threads), inner_ip, wanted, protocols, secrets
            )
            return several
        fast: Decodes = CORE.Decoder(flags, limits, inner_ip, wanted, protocols, secrets)
        return fast
    from traffic.decoder import Decoder

    return Decoder(ports, limits, inner_ip, wanted)


def protocols(config: Config, statistics: Sequence[Statistic], logged: frozenset[type] = frozenset()) -> frozenset[str]:
    """Return the names of the protocols to decode besides HTTP/1. `logged` are records that the log has lines for."""
    counted = {statistic.record for statistic in statistics} | logged
    return frozenset(config.protocols) | {name for record, name in _COUNTED.items() if record in counted}


def capture_threads(config: Config) -> int:
    """Return how many threads decode; only the core, if it is new enough, decodes in several."""
    return config.capture_threads if hasattr(CORE, "Decoders") else 1


def thread_lines(config: Config) -> tuple[str, ...]:
    """Say that the decoder in use has but one thread, if more are set."""
    if capture_threads(config) == config.capture_threads:
        return ()
    return (f"capture_threads is ignored: {'this core is too old' if CORE else 'only the core decodes in several'}",)


def content_lines(inspectors: Sequence[str]) -> tuple[str, ...]:
    """Say how to get heads and bodies inspected, if there are inspectors and the decoder in use keeps none."""
    sentence = how_to_inspect() if inspectors else ""
    return (sentence,) if sentence else ()


def describes(config: Config) -> bool:
    """Return whether the features of requests are wanted: by a detector, or for labels."""
    return bool(config.labels_file) or not DESCRIBED.isdisjoint(enabled(config))


def feature_lines(config: Config) -> tuple[str, ...]:
    """Say how to get features of requests, if they are wanted and the decoder in use finds none."""
    sentence = how_to_describe() if describes(config) else ""
    return (sentence,) if sentence else ()


def undecoded(
    config: Config, statistics: Sequence[Statistic], logged: frozenset[type] = frozenset()
) -> frozenset[type]:
    """Return the kinds of records that are off. Detectors never turn them on, because more would be captured."""
    decoded = protocols(config, statistics, logged)
    return frozenset(record for record, name in _COUNTED.items() if name not in decoded)


def load_dissection(link_type: int) -> None:
    """Import Scapy if frames need it, while we can read its files: the user that we switch to may not."""
    if link_type == LINKTYPE_ETHERNET:
        return
    from traffic.network import reads  # costs 1 MiB, which the core does not need

    if not reads(link_type):
        import capture.dissect  # noqa: F401


def dissector(statistics: Sequence[Statistic], limits: Limits) -> Dissector | None:
    """Return the Scapy dissector for whole packets if a statistic needs them, otherwise None."""
    if not any(statistic.record is ScapyPacket for statistic in statistics):
        return None
    from capture.dissect import dissect

    def whole(frame: Frame) -> ScapyPacket:
        return ScapyPacket(frame.time, dissect(frame))

    return Dissector(whole, limits.waiting_records)


def limits(config: Config, owners: bool = False) -> Limits:
    """Return the settings that limit the decoder. `owners` says whether owners of connections are looked up."""
    return Limits(
        string_length=config.max_str_length,
        connections=config.max_connections,
        pending_requests=config.max_pending_requests,
        header_bytes=config.max_header_bytes,
        headers=config.max_headers,
        header_table=config.max_header_table,
        streams=config.max_streams,
        continuations=config.max_continuations,
        connection_buffer=config.max_connection_buffer,
        total_buffer=config.max_total_buffer,
        server_names=config.max_server_names,
        held_segments=config.max_held_segments,
        named_fields=named_fields(config),
        owners=config.max_owners if owners else 0,
        trusted_proxies=trusted_proxies(config),
        client_fields=tuple(name.encode("ascii") for name in config.client_headers),
        waiting_records=config.max_queued_records,
        waiting_characters=config.max_queued_characters,
        inspected_body=config.max_inspected_body,
        waiting_content=config.max_queued_content,
        features=describes(config),
        gap_timeout=config.gap_timeout,
        connection_timeout=config.connection_timeout,
        closed_timeout=config.closed_timeout,
        fragment_timeout=config.fragment_timeout,
        pending_lookups=config.max_pending_lookups,
        dns_timeout=config.dns_timeout,
        secrets=config.max_secrets,
        undecrypted_buffer=config.max_undecrypted_buffer,
        key_wait=config.key_wait,
    )


def named_fields(config: Config) -> tuple[bytes, ...]:
    """Return the names of the header fields to keep, in lower case.

    Raises:
        SettingError: a name is not one, or there are too many.
    """
    names = tuple(dict.fromkeys(name.lower() for name in config.log_headers))
    wrong = next((name for name in names if not _TOKEN.fullmatch(name)), None)
    if wrong is not None:
        raise SettingError(f"log_headers: {wrong!r} is not the name of a header field, such as x-request-id")
    if len(names) > MOST_NAMES:
        raise SettingError(f"log_headers: {len(names)} names are too many: at most {MOST_NAMES}")
    return tuple(name.encode("ascii") for name in names)


def trusted_proxies(config: Config) -> tuple[str, ...]:
    """Return the networks of the trusted proxies, such as `10.0.0.0/8`.

    Raises:
        SettingError: one is not a network.
    """
    return tuple(dict.fromkeys(str(_network(text)) for text in config.trusted_proxies))


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise _refused(text, "is not an address or a network; write 10.0.0.0/8 or 2001:db8::7") from None
    if "%" in text:
        raise _refused(text, "has a zone, which addresses of clients do not have; leave it out")
    first = network.network_address
    if "/" in text and ip_address(text.partition("/")[0]) != first:
        raise _refused(text, f"is an address within a network; write {network} or {text.partition('/')[0]}")
    inner = first.ipv4_mapped if isinstance(first, IPv6Address) and network.prefixlen >= _MAPPED else None
    if inner is not None:
        raise _refused(text, f"is a network of IPv4; write {inner}/{network.prefixlen - _MAPPED}")
    return network


def _refused(text: str, why: str) -> SettingError:
    return SettingError(f"trusted_proxies: {text!r} {why}")


def shared(limits: Limits, threads: int) -> Limits:
    """Return the limits of each of several decoders, which together hold no more than one does.

    Only keys are held by each of them, because any may need them, and DNS lookups by the first alone.
    """
    return replace(
        limits,
        connections=ceil(limits.connections / threads),
        total_buffer=ceil(limits.total_buffer / threads),
        owners=ceil(limits.owners / threads),
        waiting_records=ceil(limits.waiting_records / threads),
        waiting_characters=ceil(limits.waiting_characters / threads),
        waiting_content=ceil(limits.waiting_content / threads),
    )


def without_loss(limits: Limits) -> Limits:
    """Return the limits for a file, which is read no faster than its records are taken, so nothing is dropped."""
    return replace(limits, waiting_records=2**31, waiting_characters=2**40, waiting_content=2**40)
