"""Uses of SaaS applications: what the policy says, whose account it is, and what is new."""

from typing import Any

import pytest
from detecting import BEGIN, found
from records import exchange, handshake, request

from detection.loading import DetectorError
from detection.saas_policy import Policy, PolicyError
from detection.tenants import tenant
from traffic.finding import Finding
from traffic.records import Exchange, TlsHandshake

CLIENT = "10.0.0.7"


def asked(host: str, method: str = "GET", target: str = "/", time: float = BEGIN) -> Exchange:
    return exchange(request(time=time, client=CLIENT, host=host, method=method, target=target), time=time)


def connected(server_name: str, time: float = BEGIN) -> TlsHandshake:
    return handshake(time=time, client=CLIENT, server_name=server_name)


def judged(record: object, *rules: str, **settings: Any) -> list[tuple[str, str]]:
    findings = found("saas", [record], saas_policy=rules, **settings)
    return [(each.rule, each.severity) for each in findings]


UPLOAD = asked("content.dropboxapi.com", "POST", "/2/files/upload")


def test_a_denied_action_is_found_and_an_allowed_one_is_not() -> None:
    (denied,) = found("saas", [UPLOAD, UPLOAD], saas_policy=("deny Dropbox: upload",))
    assert (denied.rule, denied.severity, denied.client, denied.technique) == (
        "saas/denied", "medium", CLIENT, "T1567.002",
    )  # fmt: skip
    assert denied.reason == f"{CLIENT} used Dropbox: upload, which the policy denies"
    assert judged(UPLOAD, "allow Dropbox", "deny *") == []
    assert judged(asked("www.dropbox.com"), "deny Dropbox: upload") == []


def test_the_first_rule_that_fits_decides() -> None:
    assert judged(UPLOAD, "watch dropbox: UPLOAD", "deny *") == [("saas/watched", "low")]
    assert judged(asked("slack.com"), "watch Dropbox: upload", "deny S*") == [("saas/denied", "medium")]


def test_over_tls_the_application_is_known_but_no_action() -> None:
    assert judged(connected("www.dropbox.com"), "deny Dropbox: upload") == []
    assert judged(connected("www.dropbox.com"), "deny Dropbox") == [("saas/denied", "medium")]


def test_hosts_that_are_no_application_are_left_alone() -> None:
    assert judged(asked("shop.example.com"), "deny *") == []


def test_other_tenants_than_ours_are_found() -> None:
    ours = {"saas_tenants": ("contoso", "Contoso.com")}
    foreign = [("saas/tenant", "medium")]
    assert judged(connected("contoso-my.sharepoint.com"), **ours) == []
    assert judged(connected("fabrikam.sharepoint.com"), **ours) == foreign
    assert judged(asked("accounts.google.com", target="/o/oauth2/v2/auth?hd=contoso.com"), **ours) == []
    assert (
        judged(asked("accounts.google.com", target="/o/oauth2/v2/auth?login_hint=eve%40gmail.com"), **ours) == foreign
    )
    assert judged(connected("fabrikam.sharepoint.com")) == []


def test_an_application_is_new_after_an_hour_once() -> None:
    def new(*records: object, **settings: Any) -> list[str]:
        return [each.reason for each in findings_of(list(records), **settings)]

    late = [asked("www.notion.so", time=BEGIN + 4000), asked("www.notion.so", time=BEGIN + 9000)]
    text = f"{CLIENT} used Notion, which nobody used before and no rule of the policy names"
    assert new(asked("slack.com"), *late) == [text]
    assert new(asked("www.notion.so"), *late) == []
    assert new(asked("slack.com"), *late, saas_policy=("allow Notion",)) == []


def findings_of(records: list[object], **settings: Any) -> list[Finding]:
    return found("saas", records, **settings)


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("forbid Dropbox", "'forbid Dropbox' is no rule; write it as `deny Dropbox: upload` or `watch *`"),
        ("deny", "'deny' is no rule"),
        ("deny Dropbx", "names 'Dropbx', which is unknown; did you mean 'Dropbox'?"),
        ("deny Dropbox: uplod", "names 'uplod', which is unknown; did you mean 'upload'?"),
    ],
)
def test_a_wrong_rule_is_one_line_that_helps(rule: str, wrong: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy([rule], ["Dropbox", "Slack"], ["upload", "download"])
    assert wrong in str(caught.value)
    with pytest.raises(DetectorError, match="saas_policy: "):
        found("saas", [], saas_policy=(rule,))


@pytest.mark.parametrize(
    ("host", "target", "whose"),
    [
        ("contoso.slack.com", "", "contoso"),
        ("acme.enterprise.slack.com", "", "acme"),
        ("edgeapi.slack.com", "/", ""),
        ("contoso--sandbox.my.salesforce.com", "", "contoso"),
        ("onedrive.live.com", "", "personal"),
        ("login.microsoftonline.com", "/contoso.com/oauth2/v2.0/authorize", "contoso.com"),
        ("login.microsoftonline.com", "/common/oauth2/v2.0/authorize?domain_hint=fabrikam.com", "fabrikam.com"),
        ("login.microsoftonline.com", "/consumers/oauth2/v2.0/token", "personal"),
        ("login.microsoftonline.com", "/organizations/oauth2/v2.0/token", ""),
        ("accounts.google.com", "/signin?hdx=a.com", ""),
        ("accounts.google.com", "/signin?x=1&login_hint=ann@contoso.com", "contoso.com"),
        ("www.example.com", "", ""),
    ],
)
def test_whose_account_it_is(host: str, target: str, whose: str) -> None:
    assert tenant(host, target) == whose
