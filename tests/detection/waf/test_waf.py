"""The inspector `waf` reports what rules would block, and what they see without blocking."""

import gzip
from pathlib import Path

import pytest
from small_rules import asked, rule_set

pytest.importorskip("libmodsecurity", reason="needs libmodsecurity (requirements-waf.txt)")

from capture.core import CORE
from detection.inspectors.waf import Waf
from detection.waf.engine import request_line
from detection.waf.files import RulesError
from traffic.finding import Finding

SQL = "/items?id=1+union+select+2"
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return rule_set(tmp_path / "crs")


def told(waf: Waf, *args: object, **more: object) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.reason) for each in found(waf, *args, **more)]


def found(waf: Waf, *args: object, **more: object) -> list[Finding]:
    return list(waf.inspect(asked(*args, **more)))  # type: ignore[arg-type]


def test_an_ordinary_exchange_has_no_finding(folder: str) -> None:
    assert found(Waf([folder]), "/items?id=1", answer=b"<html>") == []


def test_an_attack_would_be_blocked(folder: str) -> None:
    assert found(Waf([folder]), SQL) == [
        Finding(
            time=1000.0, rule="942100", detector="waf", severity="high", client="203.0.113.9", client_port=1024,
            server="192.0.2.1", server_port=80, host="shop.example.com", path="/items",
            reason="would be blocked, score 5 of 5: SQL injection in ARGS:id",
            evidence="ARGS:id: union select", technique="T1190",
        )
    ]  # fmt: skip


def test_what_stays_below_the_threshold_is_no_more_than_low(folder: str) -> None:
    reason = "SQL injection in ARGS:id"
    assert told(Waf([folder], threshold=6), SQL) == [("942100", "low", f"score 5 of 6: {reason}")]


def test_scores_add_up(folder: str) -> None:
    waf = Waf([folder], threshold=8)
    assert told(waf, SQL, "Host: 192.0.2.1") == [
        ("920350", "low", "would be blocked, score 8 of 8: Host header is a numeric IP address in "
         "REQUEST_HEADERS:Host"),
        ("942100", "high", "would be blocked, score 8 of 8: SQL injection in ARGS:id"),
    ]  # fmt: skip
    assert [each[1] for each in told(waf, "/", "Host: 192.0.2.1")] == ["info"]


def test_a_rule_that_matches_twice_is_one_finding(folder: str) -> None:
    assert [each.reason for each in found(Waf([folder]), f"{SQL}&b=union+select")] == [
        "would be blocked, score 10 of 5: SQL injection in ARGS:b"
    ]


def test_a_higher_paranoia_level_has_more_rules(folder: str) -> None:
    assert found(Waf([folder]), "/items?name=O'Neill") == []
    waf = Waf([folder], paranoia=2, threshold=4)
    assert [each[:2] for each in told(waf, "/items?name=O'Neill")] == [("942110", "medium")]


def test_a_leak_in_the_response(folder: str) -> None:
    reason = "would be blocked, score 5 of 4: SQL error in RESPONSE_BODY"
    assert told(Waf([folder]), answer=b"error in your SQL syntax") == [("951230", "high", reason)]


def test_a_compressed_response_is_read_a_compressed_request_is_not(folder: str) -> None:
    """As in a web server, which compresses after the rules, and does not undo what clients compress."""
    waf, exchange = Waf([folder]), asked()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
    packed = exchange.content._replace(response_head=head, response_body=gzip.compress(b"in your SQL syntax"))
    assert [each.rule for each in waf.inspect(type(exchange)(packed, 65536))] == ["951230"]
    body = gzip.compress(b"id=union+select")
    assert found(waf, "/", FORM, "Content-Encoding: gzip", body=body) == []


@pytest.mark.parametrize("kind", [(FORM, b"id=union+select"), (JSON, b'{"id": "union select"}')])
def test_a_body_is_read_as_its_type_says(folder: str, kind: tuple[str, bytes]) -> None:
    field, body = kind
    assert [each.rule for each in found(Waf([folder]), "/", field, body=body)] == ["942100"]


def test_a_damaged_body_is_a_finding_but_not_one_that_we_cut(folder: str) -> None:
    body = b'{"a": 1, "b": "x'
    assert [each[:2] for each in told(Waf([folder]), "/", JSON, body=body)] == [("920130", "low")]
    assert told(Waf([folder]), "/", JSON, body=body, size=5000) == []


def test_what_was_cut_is_said(folder: str) -> None:
    waf = Waf([folder])
    assert [each.reason for each in found(waf, "/", FORM, body=b"id=union+select", size=5000)] == [
        "would be blocked, score 5 of 5: SQL injection in ARGS:id; body cut"
    ]


def test_bait_for_the_matcher_is_a_finding(folder: str) -> None:
    assert told(Waf([folder]), f"/?x={'a' * 40}!") == [
        ("match_limit", "low", "not fully inspected: an expression reached the match limit")
    ]


@pytest.mark.skipif(not hasattr(CORE, "Prefilter"), reason="the core is not built: make fast")
def test_no_rule_is_asked_about_what_none_can_match(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waf = Waf([folder])
    waf.use_core(CORE)
    judged: list[object] = []
    monkeypatch.setattr("detection.waf.engine.Engine.judge", lambda self, exchange: judged.append(exchange))
    monkeypatch.setattr("detection.inspectors.waf.findings", lambda content, judgement: ())
    assert (found(waf, "/items?id=7"), judged) == ([], [])
    assert (found(waf, SQL), len(judged)) == ([], 1)


def test_with_the_core_the_same_is_found(folder: str) -> None:
    waf, helped = Waf([folder]), Waf([folder])
    helped.use_core(CORE)
    for target in ("/items", SQL, "/items?id=1"):
        assert found(helped, target) == found(waf, target)


def test_nothing_is_found_without_a_request(folder: str) -> None:
    exchange = asked(answer=b"in your SQL syntax")
    content = exchange.content._replace(request_head=b"")
    assert list(Waf([folder]).inspect(type(exchange)(content, 65536))) == []


def test_rules_of_the_user_come_before_and_after(tmp_path: Path, folder: str) -> None:
    before = tmp_path / "before.conf"
    before.write_text(
        'SecRule REQUEST_FILENAME "@streq /items" "id:1000,phase:1,pass,nolog,ctl:ruleRemoveTargetById=942100;ARGS:id"'
    )
    waf = Waf([str(before), folder])
    assert found(waf, SQL) == []
    assert [each.rule for each in found(waf, SQL.replace("items", "list"))] == ["942100"]
    after = tmp_path / "after.conf"
    after.write_text('SecRuleUpdateTargetById 942100 "!ARGS:id"')
    waf = Waf([folder, str(after)])
    assert found(waf, SQL) == []
    assert [each.rule for each in found(waf, SQL.replace("id=", "name="))] == ["942100"]


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ("deny,status:403", "high"),
        ("drop", "high"),
        ("redirect:'http://example.org/'", "high"),
        ("block", "low"),
        ("pass", "low"),
        ("deny,ctl:ruleEngine=On", "high"),
    ],
)
def test_a_file_without_the_core_rule_set(tmp_path: Path, rule: str, severity: str) -> None:
    file = tmp_path / "own.conf"
    file.write_text(
        'SecRuleEngine On\nSecRule REQUEST_URI "@contains admin" \\\n'
        f"  \"id:1,phase:1,{rule},log,msg:'Forbidden',severity:'CRITICAL'\""
    )
    assert [each[:2] for each in told(Waf([str(file)]), "/admin")] == [("1", severity)]


def test_block_denies_if_that_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "own.conf"
    rule = "SecRule REQUEST_URI \"@contains admin\" \"id:1,phase:1,block,msg:'Forbidden',severity:'NOTICE'\""
    file.write_text(f'SecDefaultAction "phase:1,log,deny,status:403"\n{rule}')
    assert told(Waf([str(file)]), "/admin") == [("1", "low", "would be blocked: Forbidden in REQUEST_URI")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SecRuleEngine On\nSecRuleNo x", "own.conf:2: "),
        ("Include nowhere.conf", "own.conf:1: nowhere.conf: Not able to open file"),
        ("SecRemoteRules key https://example.com/", "SecRemoteRules: rules are not loaded over the network"),
        ('SecDefaultAction "phase:2,nolog,pass"', "SecDefaultAction has nolog"),
    ],
)
def test_rules_that_cannot_be_loaded_are_one_line(tmp_path: Path, folder: str, text: str, says: str) -> None:
    (tmp_path / "own.conf").write_text(text)
    with pytest.raises(RulesError) as refused:
        Waf([folder, str(tmp_path / "own.conf")])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_wrong_paths_are_one_line(tmp_path: Path, folder: str) -> None:
    for paths, says in (
        ([f"{tmp_path}/nowhere"], f"no file or folder {tmp_path}/nowhere"),
        ([str(tmp_path)], "is no folder of the Core Rule Set"),
        ([folder, folder], "is a second folder of rules"),
    ):
        with pytest.raises(RulesError, match=says):
            Waf(paths)


def test_the_folder_may_be_the_one_with_the_rules(folder: str) -> None:
    assert [each.rule for each in found(Waf([f"{folder}/rules"]), SQL)] == ["942100"]


def test_limits_that_a_file_sets_itself_cannot_be_changed(tmp_path: Path) -> None:
    file = tmp_path / "own.conf"
    file.write_text('SecAction "id:1,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=10"')
    with pytest.raises(RulesError, match="waf_threshold: the rules set 10 themselves; change it in"):
        Waf([str(file)], threshold=7)


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setattr("detection.waf.engine.libmodsecurity", None)
    with pytest.raises(RulesError, match="needs the package libmodsecurity; run: pip install -r requirements-waf"):
        Waf([folder])


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"GET /a?b HTTP/1.1", (b"GET", b"/a?b", "1.1")),
        (b"GET /a b HTTP/1.0", (b"GET", b"/a b", "1.0")),
        (b"GET /a HTTP/2", (b"GET", b"/a", "2.0")),
        (b"GET /a", (b"GET", b"/a", "0.9")),
        (b"GET / ", (b"GET", b"/", "0.9")),
        (b"GET", (b"GET", b"", "0.9")),
    ],
)
def test_request_lines(line: bytes, read: tuple[bytes, bytes, str]) -> None:
    assert request_line(line) == read
