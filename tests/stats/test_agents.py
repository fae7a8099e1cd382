"""Crawlers, browsers and programs, according to their user agents."""

import pytest

from stats.loading import StatisticError, load

pytest.importorskip("ua_parser_rs", reason="the package ua-parser[regex] is not there")

CHROME = "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "visitor", "crawler", "browser"),
    [
        (CHROME, "people", None, "Chrome"),
        (GOOGLEBOT, "crawlers", "Googlebot", None),
        ("curl/8.5.0", "programs", None, None),
        ("", "(none)", None, None),
        ("Mozilla/5.0 (something new)", "people", None, "(unknown)"),
        ("(a+)+" * 200, "programs", None, None),
    ],
)
def test_a_user_agent_is_classified(agent: str, visitor: str, crawler: str | None, browser: str | None) -> None:
    keys = [statistic.key(agent) for statistic in load(["visitors", "top_crawlers", "top_browsers"])]
    assert keys == [visitor, crawler, browser]


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ua_parser_rs", None)
    with pytest.raises(
        StatisticError, match=r"need the package ua-parser\[regex\]: pip install -r requirements-agents"
    ):
        load(["visitors"])
