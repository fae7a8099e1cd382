"""Reads the environment variables of OpenTelemetry that users of other exporters have set. Pure.

Those for metrics alone take precedence over those for everything.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from outputs.labels import METHODS
from settings.setting import SettingError

ENVIRONMENT: Final = "env"
"""The value of `--otlp` that takes the URL from the environment."""
DEFAULT: Final = "http://localhost:4318"
PATH: Final = "/v1/metrics"
HEADERS: Final = "HEADERS"
TEMPORALITY: Final = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
RESOURCE: Final = "OTEL_RESOURCE_ATTRIBUTES"
SERVICE: Final = "OTEL_SERVICE_NAME"
KNOWN_METHODS: Final = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"
MAX_ENTRIES: Final = 64
"""Maximum entries of a variable that is a list."""


def general(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the value of a variable such as `HEADERS`, and its full name; the value is empty if there is none."""
    for full in (f"OTEL_EXPORTER_OTLP_METRICS_{name}", f"OTEL_EXPORTER_OTLP_{name}"):
        if value := environment.get(full, "").strip():
            return value, full
    return "", f"OTEL_EXPORTER_OTLP_{name}"


def endpoint(setting: str, environment: Mapping[str, str]) -> str:
    """Return the URL to post to.

    Raises:
        SettingError: it is not one.
    """
    if setting != ENVIRONMENT:
        return _url(setting, "otlp", appends=True)
    value, name = general(environment, "ENDPOINT")
    return _url(value or DEFAULT, name, appends="_METRICS_" not in name)


def _url(text: str, origin: str, appends: bool) -> str:
    """Return the URL with the path of metrics. A full URL for metrics is taken as it is, as the specification says."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 raises if it is not a number
    except ValueError:
        raise SettingError(f"{origin}: the URL is malformed") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"{origin}: the URL must begin with http:// or https:// and a host")
    if parts.username is not None:
        raise SettingError(f"{origin}: a password in the URL is visible in `ps`; put a header into otlp_headers_file")
    if appends and not parts.path.rstrip("/").endswith(PATH):
        parts = parts._replace(path=parts.path.rstrip("/") + PATH)
    return parts._replace(fragment="").geturl()


def check_protocol(environment: Mapping[str, str]) -> None:
    """Check that the environment asks for no other protocol than ours.

    Raises:
        SettingError: it asks for gRPC, or for JSON.
    """
    value, name = general(environment, "PROTOCOL")
    if value not in ("", "http/protobuf"):
        raise SettingError(
            f"{name} = {value!r} is not supported; use http/protobuf, which collectors take at port 4318"
        )


def is_delta(setting: str, environment: Mapping[str, str]) -> bool:
    """Return whether to export deltas. `auto` leaves it to the environment, whose default is cumulative.

    Raises:
        SettingError: the environment has an unknown preference.
    """
    if setting != "auto":
        return setting == "delta"
    value = environment.get(TEMPORALITY, "").strip().lower()
    if value not in ("", "cumulative", "delta", "lowmemory"):
        raise SettingError(f"{TEMPORALITY} = {value!r} is unknown; use cumulative or delta")
    return value in ("delta", "lowmemory")


def compressed(environment: Mapping[str, str]) -> bool:
    """Return whether to compress what is sent.

    Raises:
        SettingError: the environment asks for an unknown method.
    """
    value, name = general(environment, "COMPRESSION")
    if value not in ("", "gzip", "none"):
        raise SettingError(f"{name} = {value!r} is not supported; use gzip or none")
    return value != "none"


def headers(text: str, origin: str) -> dict[str, str]:
    """Parse header fields as in a variable: `name=value,name=value`, with percent-encoded values.

    Raises:
        SettingError: they are malformed; the message does not quote them, because they may be secret.
    """
    found = dict(_pairs(text, origin))
    for name, value in found.items():
        check_header(name, value, origin)
    return found


def check_header(name: str, value: str, origin: str) -> None:
    """Check a header field.

    Raises:
        SettingError: it is malformed.
    """
    good = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not good or not value.isascii() or not value.isprintable():
        raise SettingError(f"{origin}: a header field is malformed")


def resource(environment: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of the resource: ours, changed by the environment's.

    Raises:
        SettingError: a variable is malformed.
    """
    found = {**ours, **dict(_pairs(environment.get(RESOURCE, ""), RESOURCE))}
    if service := environment.get(SERVICE, "").strip():
        found["service.name"] = service
    return found


def methods(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the methods that are named; all others are `_OTHER`."""
    named = [name.strip() for name in environment.get(KNOWN_METHODS, "").split(",")]
    return frozenset(list(filter(None, named))[:MAX_ENTRIES]) or METHODS


def _pairs(text: str, origin: str) -> Iterator[tuple[str, str]]:
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) > MAX_ENTRIES:
        raise SettingError(f"{origin}: {len(parts)} entries are too many: at most {MAX_ENTRIES}")
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"{origin}: write name=value,name=value")
        yield unquote(name.strip()), unquote(value.strip())
