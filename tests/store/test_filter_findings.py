"""Filters of findings, which have fields of their own."""

import pytest
from records import exchange, finding

from store.filtering.errors import FilterError
from store.filtering.filter import parse
from store.matching import matching
from traffic.batch import RecordBatch
from traffic.finding import Finding

SCAN = finding(rule="path_scan", detector="path_scan", severity="medium", technique="T1595.003")
LOGIN = finding(
    rule="login_guessing",
    detector="login_guessing",
    severity="high",
    technique="T1110",
    client="10.0.0.9",
    host="shop.example.com",
    path="/login",
)
NOTE = finding(rule="note", detector="notes", severity="info", technique="", host="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("finding:scan", [SCAN]),
        ("severity:medium", [SCAN]),
        ("severity>=medium", [SCAN, LOGIN]),
        ("severity>medium", [LOGIN]),
        ("severity<medium", [NOTE]),
        ("severity<=info", [NOTE]),
        ("not severity:high", [SCAN, NOTE]),
        ("severity!=high", [SCAN, NOTE]),
        ("technique:T1595", [SCAN]),
        ("client:10.0.0.9", [LOGIN]),
        ("host:shop", [LOGIN]),
        ("login", [LOGIN]),
        ("status:200", []),
    ],
)
def test_findings_are_selected_by_their_own_fields(text: str, expected: list[Finding]) -> None:
    assert matching(parse(text), RecordBatch([SCAN, LOGIN, NOTE])).records() == expected


def test_a_field_of_findings_matches_nothing_else() -> None:
    assert not parse("severity>=info")(exchange())


def test_a_wrong_severity_is_refused_with_the_closest() -> None:
    with pytest.raises(FilterError, match="did you mean 'high'"):
        parse("severity>hihg")
