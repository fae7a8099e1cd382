"""Every capture of the corpus with DNS has the lookups that tshark and Zeek list for it."""

from functools import cache

import pytest
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from conformance_dns import Comparison, Decoded, built, compare, decoded, zeek_differences
from conformance_dns_exceptions import MESSAGES, ZEEK

pytestmark = [
    pytest.mark.skipif(not present(), reason=f"no corpus at {FOLDER}; {VARIABLE} names its folder"),
    pytest.mark.skipif(not built, reason="the core is not built"),
]

with_rows = [capture for capture in captures() if capture.expected("dns")]
of_zeek = [capture for capture in captures() if capture.expected("dns.zeek")]
none = [Capture("none")]


@cache
def found(capture: Capture) -> Decoded:
    return decoded(str(capture.path))


def compared(capture: Capture) -> Comparison:
    return compare(capture.expected("dns"), found(capture))


@pytest.mark.parametrize("capture", with_rows or none, ids=lambda capture: capture.name)
def test_the_lookups_are_those_of_tshark(capture: Capture) -> None:
    result = compared(capture)
    excepted = MESSAGES[capture.name].differences if capture.name in MESSAGES else {}
    assert result.counts == excepted, result


@pytest.mark.parametrize("capture", of_zeek or none, ids=lambda capture: capture.name)
def test_the_lookups_agree_with_the_log_of_zeek(capture: Capture) -> None:
    wrong = zeek_differences(capture.expected("dns.zeek"), found(capture))
    assert len(wrong) == (ZEEK[capture.name].differences["missing"] if capture.name in ZEEK else 0), "\n".join(wrong)


@pytest.mark.parametrize("capture", captures() or none, ids=lambda capture: capture.name)
def test_nothing_else_is_taken_for_dns(capture: Capture) -> None:
    if not capture.expected("dns") and not capture.expected("dns.zeek"):
        assert [lookup for lookup in found(capture).lookups if lookup.kind == "dns"] == []


@pytest.mark.parametrize("name", [*MESSAGES, *ZEEK])
def test_every_exception_names_a_capture(name: str) -> None:
    assert Capture(name).path.exists()
