"""The variables of OpenTelemetry mean here what they mean to its own exporters."""

import pytest

from outputs.labels import METHODS
from outputs.otlp import environment as otel
from settings.setting import SettingError

ALL, OURS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


@pytest.mark.parametrize(
    ("setting", "variables", "url"),
    [
        ("http://c:4318", {}, "http://c:4318/v1/metrics"),
        ("http://c:4318/", {}, "http://c:4318/v1/metrics"),
        ("https://p/api/v1/otlp", {}, "https://p/api/v1/otlp/v1/metrics"),
        ("https://p/otlp/v1/metrics", {}, "https://p/otlp/v1/metrics"),
        ("https://[2001:db8::7]:4318", {}, "https://[2001:db8::7]:4318/v1/metrics"),
        ("https://c/x?key=1", {}, "https://c/x/v1/metrics?key=1"),
        ("http://c", {ALL: "http://other"}, "http://c/v1/metrics"),
        ("env", {}, "http://localhost:4318/v1/metrics"),
        ("env", {ALL: "http://c:4318"}, "http://c:4318/v1/metrics"),
        ("env", {ALL: "http://c", OURS: "http://m/as/it/is"}, "http://m/as/it/is"),
    ],
)
def test_the_endpoint(setting: str, variables: dict[str, str], url: str) -> None:
    assert otel.endpoint(setting, variables) == url


@pytest.mark.parametrize("text", ["c:4318", "grpc://c:4317", "http://", "http://c:port", "http://[::1"])
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match=r"^otlp: the URL (must begin|is malformed)"):
        otel.endpoint(text, {})


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingError, match="otlp_headers_file") as caught:
        otel.endpoint("http://me:s3cret@c", {})
    assert "s3cret" not in str(caught.value)


def test_headers_are_percent_encoded_and_those_for_metrics_come_first() -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS": " api-key = s3cret%2C , x=Basic%20YQ==,",
    }
    value, name = otel.general(variables, otel.HEADERS)
    assert otel.headers(value, name) == {"api-key": "s3cret,", "x": "Basic YQ=="}
    assert otel.headers(*otel.general({}, otel.HEADERS)) == {}


@pytest.mark.parametrize("text", ["s3cret", "=s3cret", "a b=s3cret", "a=s3cret%0D%0Ax: y", "a=s3cret\u00e9"])
def test_malformed_headers_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        otel.headers(text, "HEADERS")
    assert "s3cret" not in str(caught.value)


def test_lists_are_bounded() -> None:
    with pytest.raises(SettingError, match="65 entries are too many: at most 64"):
        otel.headers(",".join(f"a{number}=1" for number in range(65)), "HEADERS")


@pytest.mark.parametrize(
    ("setting", "preference", "delta"),
    [
        ("auto", None, False),
        ("auto", "cumulative", False),
        ("auto", "Delta", True),
        ("auto", "lowmemory", True),
        ("cumulative", "delta", False),
        ("delta", None, True),
    ],
)
def test_temporality(setting: str, preference: str | None, delta: bool) -> None:
    variables = {} if preference is None else {otel.TEMPORALITY: preference}
    assert otel.is_delta(setting, variables) == delta


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", otel.check_protocol),
        ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", otel.compressed),
        (otel.TEMPORALITY, lambda variables: otel.is_delta("auto", variables)),
    ],
)
def test_what_is_not_supported_is_refused(name: str, check: object) -> None:
    assert callable(check)
    with pytest.raises(SettingError, match=f"^{name} = 'grpc' "):
        check({name: "grpc"})


def test_compression_may_be_turned_off() -> None:
    name = "OTEL_EXPORTER_OTLP_COMPRESSION"
    assert [otel.compressed(each) for each in ({}, {name: "gzip"}, {name: "none"})] == [True, True, False]
    otel.check_protocol({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"})


def test_the_resource_is_ours_with_the_changes_of_the_user() -> None:
    variables = {otel.RESOURCE: "host.name=h,team=a%20b,service.name=x", otel.SERVICE: "shop"}
    ours = {"service.name": "http-monitor", "host.name": "vm", "service.version": "1"}
    assert otel.resource(variables, ours) == {
        "service.name": "shop", "host.name": "h", "service.version": "1", "team": "a b",
    }  # fmt: skip
    assert otel.resource({}, ours) == ours


def test_known_methods_replace_the_usual_ones() -> None:
    assert otel.methods({}) == METHODS
    assert otel.methods({otel.KNOWN_METHODS: "GET, QUERY,"}) == {"GET", "QUERY"}
