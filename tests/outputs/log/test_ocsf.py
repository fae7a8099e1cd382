"""Events are valid by the published schema of OCSF 1.5.0, which the package ocsf-json-schema contains."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from log_samples import EACH, OF_A_SERVICE, OPEN, SAMPLES, TERMS, hostile, line
from notice_samples import DISMISSED, RAISED
from records import exchange, finding, handshake, lookup, request

from outputs.log.ocsf import VERSION

schemas = pytest.importorskip(
    "ocsf_json_schema", reason="ocsf-json-schema is not installed: pip install -r requirements-dev.txt"
)
CLASSES = {4001: "network_activity", 4002: "http_activity", 4003: "dns_activity", 2004: "detection_finding"}


@cache
def validator(number: int, profiles: tuple[str, ...]) -> Validator:
    embedded = schemas.OcsfJsonSchemaEmbedded(schemas.get_ocsf_schema(VERSION))
    return Draft202012Validator(embedded.get_class_schema(CLASSES[number], list(profiles)))


def told(name: str, record: Any, **terms: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line("ocsf", name, record, terms.get("terms", TERMS)))
    return event


@pytest.mark.parametrize(("name", "record"), EACH)
def test_every_event_is_valid(name: str, record: Any) -> None:
    event = told(name, record, terms=OPEN)
    validator(event["class_uid"], tuple(event["metadata"].get("profiles", ()))).validate(event)


def test_the_schema_refuses_what_is_wrong() -> None:
    event = told("exchanges", exchange())
    for wrong in ({"nonsense": 1}, {"severity_id": "low"}, {"activity_id": 77}, {"src_endpoint": {"ip": "nowhere"}}):
        assert list(validator(4002, ()).iter_errors(event | wrong)), wrong


def test_an_exchange_is_an_http_activity() -> None:
    event = told("exchanges", OF_A_SERVICE)
    assert (event["class_uid"], event["type_uid"], event["activity_id"]) == (4002, 400203, 3)
    assert (event["time"], event["start_time"], event["end_time"], event["duration"]) == (1000, 1000, 1500, 500)
    assert event["http_request"] == {
        "http_method": "GET",
        "url": {
            "url_string": "https://my.site.com/cart/add",
            "scheme": "https",
            "hostname": "my.site.com",
            "port": 443,
            "path": "/cart/add",
        },
        "version": "1.1",
        "user_agent": "curl/8.0",
        "referrer": "https://example.com/",
        "body_length": 0,
        "http_headers": [{"name": "x-cache", "value": "HIT"}],
    }
    assert event["http_response"]["http_headers"][1] == {"name": "content-encoding", "value": "gzip"}
    assert (event["http_response"]["code"], event["http_response"]["latency"]) == (200, 250)
    assert event["tls"] == {"sni": "shop.example.com", "version": "1.3"}
    assert event["actor"] == {"process": {"pid": 4711, "name": "nginx", "user": {"name": "www-data"}}}
    assert event["metadata"]["profiles"] == ["host"]
    assert event["traffic"] == {"bytes_missed": 10}
    assert event["unmapped"]["http_monitor.operation"] == "shop.Cart/Add"
    assert event["unmapped"]["http_monitor.oddities"] == ["bad chunk size", "multiple Host fields"]


def test_a_client_behind_a_proxy_is_the_source() -> None:
    event = told("exchanges", exchange(request(client="192.0.2.7", source="10.0.0.3")))
    assert event["src_endpoint"] == {"ip": "192.0.2.7", "proxy_endpoint": {"ip": "10.0.0.3", "port": 50000}}


def test_a_lookup_is_a_dns_activity() -> None:
    event = told("lookups", lookup())
    assert (event["type_uid"], event["rcode_id"], event["status_id"]) == (400306, 0, 1)
    assert event["query"] == {"hostname": "www.example.com", "type": "A", "opcode_id": 0, "opcode": "QUERY"}
    assert event["answers"] == [{"type": "A", "rdata": "192.0.2.1"}]


def test_a_handshake_is_a_network_activity() -> None:
    event = told("handshakes", handshake(outcome="failed"))
    assert (event["type_uid"], event["status_id"]) == (400104, 2)
    assert event["ja4_fingerprint_list"] == [{"type_id": 1, "value": "t13d1516h2_8daaf6152771_e5627efa2ab1"}]


def test_a_finding_has_its_technique() -> None:
    event = told("findings", finding(severity="high", evidence="/backup.zip"))
    assert (event["type_uid"], event["severity_id"], event["is_alert"]) == (200401, 4, True)
    assert event["finding_info"]["attacks"] == [{"technique": {"uid": "T1595"}, "sub_technique": {"uid": "T1595.003"}}]
    assert event["evidences"][0]["data"] == "/backup.zip"
    other = told("findings", finding(severity="high", evidence="/other"))
    assert other["finding_info"]["uid"] != event["finding_info"]["uid"]


def test_a_dismissal_closes_the_finding_of_its_alert() -> None:
    raised, dismissed = told("alerts", RAISED), told("alerts", DISMISSED)
    assert (raised["activity_id"], raised["status_id"], raised["is_alert"]) == (1, 1, True)
    assert (dismissed["activity_id"], dismissed["status_id"], dismissed["is_alert"]) == (3, 4, False)
    assert raised["finding_info"]["uid"] == dismissed["finding_info"]["uid"]
    assert dismissed["time"] - raised["time"] == dismissed["duration"] == 360_000


def test_what_must_not_be_logged_is_in_no_field() -> None:
    assert "token" not in line("ocsf", "exchanges", OF_A_SERVICE, TERMS)
    assert "token" in line("ocsf", "exchanges", OF_A_SERVICE, OPEN)


@pytest.mark.parametrize("form", ["ecs", "ocsf"])
@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=30, deadline=None)
@given(chosen=st.data())
def test_any_text_is_part_of_one_line_of_json(form: str, name: str, chosen: st.DataObject) -> None:
    record = chosen.draw(hostile(name))
    text = line(form, name, record, OPEN)
    assert text.isascii()
    assert text.isprintable()
    event = json.loads(text)
    if name == "findings":
        assert event.get("message" if form == "ocsf" else "event.reason", "") == record.reason
