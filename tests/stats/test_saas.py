"""SaaS applications and their actions."""

import sys
from pathlib import Path
from typing import Any

import pytest
from records import request

from stats.loading import StatisticError, load
from stats.saas_catalogue import BUILT_IN, Catalogue
from store.store import Store
from traffic.batch import RecordBatch


@pytest.mark.parametrize(
    ("host", "application"),
    [
        ("dropbox.com", "Dropbox"),
        ("dl.dropboxusercontent.com:443", "Dropbox"),
        ("notdropbox.com", None),
        ("drive.google.com", "Google Drive"),
        ("translate.google.com", "Google Workspace"),
        ("teams.microsoft.com", "Microsoft Teams"),
        ("contoso.sharepoint.com", "Microsoft SharePoint"),
        ("acme.slack.com", "Slack"),
        ("my.site.com.evil.example", None),
        ("", None),
    ],
)
def test_the_longest_matching_domain_decides_the_application(host: str, application: str | None) -> None:
    found = Catalogue().request(request(host=host).domain, "GET", "/")
    assert (found and found[0]) == application


@pytest.mark.parametrize(
    ("method", "host", "target", "action"),
    [
        ("POST", "okta.com", "/login", "login"),
        ("POST", "api.dropboxapi.com", "/2/files/upload", "upload"),
        ("POST", "api.dropboxapi.com", "/2/files/delete_v2", "delete"),
        ("POST", "content.dropboxapi.com", "/2/files/download", "download"),
        ("POST", "github.com", "/me/it.git/git-receive-pack", "upload"),
        ("POST", "github.com", "/me/it.git/git-upload-pack", "download"),
        ("PUT", "bucket.s3.amazonaws.com", "/key", "upload"),
        ("GET", "bucket.s3.amazonaws.com", "/key", "download"),
        ("GET", "zendesk.com", "/search?q=x", "search"),
        ("DELETE", "asana.com", "/tasks/1", "delete"),
        ("POST", "box.com", "/shares", "share"),
        ("GET", "stripe.com", "/v1/charges", "API call"),
        ("POST", "slack.com", "/api/chat.postMessage", "change"),
        ("GET", "reddit.com", "/r/python", "view"),
        ("OPTIONS", "reddit.com", "/r/python", "other"),
    ],
)
def test_method_and_target_decide_the_action(method: str, host: str, target: str, action: str) -> None:
    found = Catalogue().request(host, method, target)
    assert found is not None
    assert found[1] == action


def counted(name: str, *records: Any, **settings: object) -> dict[str, int]:
    store = Store(load([name], settings), 10, 60, 100)
    store.add(RecordBatch(records))
    assert not store.failures
    return {row.key: row.window.count for row in store.top(name, 100).rows}


RECORDS = [
    request(method="POST", host="api.dropboxapi.com", target="/2/files/upload"),
    request(method="POST", host="api.dropboxapi.com", target="/2/files/upload", client="10.0.0.8"),
    request(method="POST", host="api.dropboxapi.com", target="/2/files/upload"),
    request(method="GET", host="slack.com", target="/archives"),
    request(method="GET", host="my.shop", target="/"),
]


def test_requests_per_application() -> None:
    assert counted("saas_applications", *RECORDS) == {"Dropbox": 3, "Slack": 1}


def test_top_actions_by_client() -> None:
    assert counted("saas_actions", *RECORDS) == {
        "10.0.0.1 Dropbox: upload": 2,
        "10.0.0.8 Dropbox: upload": 1,
        "10.0.0.1 Slack: view": 1,
    }


def test_top_users_per_application() -> None:
    assert counted("saas_users", *RECORDS) == {"Dropbox 10.0.0.1": 2, "Dropbox 10.0.0.8": 1, "Slack 10.0.0.1": 1}


def test_the_users_catalogue_takes_precedence(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[applications.Ours]\ndomains = ["My.Shop", "files.dropbox.com"]\nactions.pay = ["POST ^/pay"]\n'
        '[applications.Dropbox]\ndomains = []\nactions.send = ["POST upload"]\n'
    )
    catalogue = Catalogue(str(own))
    assert catalogue.request("www.my.shop", "POST", "/pay") == ("Ours", "pay")
    assert catalogue.request("files.dropbox.com", "GET", "/x") == ("Ours", "view")
    assert catalogue.request("dropbox.com", "POST", "/2/files/upload") == ("Dropbox", "send")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[applications.X]\n", "not a valid catalogue: 'domains'"),
        ('[applications.X]\ndomains = ["x.com"]\nactions.a = ["GET"]\n', "'GET' is not METHODS PATTERN"),
        ('[actions]\na = ["GET ("]\n', "not a valid catalogue: "),
        ("no toml", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_an_invalid_catalogue_is_reported(text: str | None, said: str, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    if text is not None:
        own.write_text(text)
    with pytest.raises(StatisticError) as caught:
        load(["saas_users"], {"saas_catalogue": str(own)})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_catalogue_has_many_applications_and_no_duplicate_domains() -> None:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    applications = tomllib.loads(BUILT_IN.read_text())["applications"]
    domains = [domain for facts in applications.values() for domain in facts["domains"]]
    assert len(applications) >= 60
    assert len(set(domains)) == len(domains)
    assert all(domain == domain.lower() and "." in domain for domain in domains)
