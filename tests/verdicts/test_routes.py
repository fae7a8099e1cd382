"""Which route a request gets: the most specific one, whatever its path is disguised as."""

import pytest

from verdicts.routes import Route, RouteError, Routes, readings, route_of, seconds_of

ROUTES = Routes(
    [
        "/ shadow",
        "/admin enforce closed 100ms",
        "/static off",
        "/shop/api enforce",
        "shop.example.com/ enforce open 20ms",
        "shop.example.com/static off",
        "*.example.org/ enforce closed",
        "www.example.org/ off",
    ],
    0.05,
)


def place(target: str, host: str = "other.test") -> str:
    return ROUTES.find(host, target.encode("latin-1")).place


@pytest.mark.parametrize(
    ("host", "target", "expected"),
    [
        ("other.test", "/", "/"),
        ("other.test", "/admin", "/admin"),
        ("other.test", "/admin/", "/admin"),
        ("other.test", "/admin/users?x=/static", "/admin"),
        ("other.test", "/administrator", "/"),
        ("other.test", "/shop", "/"),
        ("other.test", "/shop/api/v1", "/shop/api"),
        ("other.test", "*", "/"),
        ("other.test", "http://other.test/admin", "/admin"),
        ("other.test", "http://other.test", "/"),
        ("shop.example.com", "/admin", "shop.example.com/"),
        ("shop.example.com", "/static/a.css", "shop.example.com/static"),
        ("a.shop.example.com", "/static/a.css", "/static"),
        ("a.b.example.org", "/admin", "*.example.org/"),
        ("www.example.org", "/admin", "www.example.org/"),
        ("example.org", "/admin", "/admin"),
    ],
)
def test_the_host_decides_first_and_then_the_longest_path(host: str, target: str, expected: str) -> None:
    assert place(target, host) == expected


@pytest.mark.parametrize(
    "target",
    [
        "//admin", "/./admin", "/x/../admin", "/%61dmin", "/%41DMIN", "/ADMIN", "/%2561dmin", "/%252561dmin",
        "/x/..%2fadmin", "/admin;jsessionid=1/users", "/x/..;/admin", "/x;/..;a=b/admin", "/\\admin", "/%5cadmin",
        "/%2e/admin", "\\admin",
        "/admin%2f", "/admin%2Fusers", "///admin///", "/../../admin", "/x/%2e%2e/admin", "/static/../admin",
        "/static/..%2fadmin", "/static/%2e%2e%2fadmin/", "/admin/..%2fstatic", "/admin/x%2f..%2f..%2fstatic",
        "/admin//../x",
    ],
)  # fmt: skip
def test_a_disguised_path_gets_the_strictest_route_that_a_server_may_take_it_for(target: str) -> None:
    target = target if target.startswith("/") else f"/{target}"
    assert place(target) == "/admin"


@pytest.mark.parametrize("target", ["/static/../x", "/stati", "/static%", "/static%zz", "/%73tatic2", "/a/static"])
def test_a_disguise_does_not_turn_the_rules_off(target: str) -> None:
    assert place(target) == "/"


def test_what_is_no_slash_may_be_one_to_another_server() -> None:
    assert readings(b"/a%2F../b") == ["/a%2f../b", "/b"]
    assert readings(b"/a//b/./c/../d") == ["/a/b/d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/admin enforce closed 100ms", Route("", "/admin", "enforce", True, 0.1)),
        ("/Admin/ 1.5s shadow", Route("", "/admin", "shadow", False, 1.5)),
        ("Shop.Example.com/ off", Route("shop.example.com", "", "off", False, 0.05)),
        ("[2001:db8::1]/x enforce open", Route("[2001:db8::1]", "/x", "enforce", False, 0.05)),
        ("/ shadow", Route("", "", "shadow", False, 0.05)),
    ],
)
def test_a_route_is_read(text: str, expected: Route) -> None:
    assert route_of(text, 0.05) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with a path"),
        ("admin shadow", "begins with a path"),
        ("ex$ample.com/ shadow", "begins with a path"),
        ("http://example.com/ shadow", "begins with a path"),
        ("/admin", "has one of off, shadow, enforce"),
        ("/admin enforced", "'enforced' is none of"),
        ("/admin enforce 0ms", "'0ms' is none of"),
        ("/admin enforce 11s", "'11s' is none of"),
        ("/admin off closed", "cannot be closed"),
    ],
)
def test_what_is_no_route_is_one_line(text: str, said: str) -> None:
    with pytest.raises(RouteError, match=said):
        Routes([text], 0.05)


def test_a_place_has_one_route() -> None:
    with pytest.raises(RouteError, match="the route /admin is listed twice"):
        Routes(["/admin shadow", "/Admin/ enforce"], 0.05)


def test_without_a_route_for_everything_the_rest_is_only_logged() -> None:
    assert Routes(["/admin enforce"], 0.07).find("x", b"/") == Route("", "", "shadow", False, 0.07)
    assert [route.place for route in Routes(["/admin enforce"], 0.07)] == ["/admin", "/"]


@pytest.mark.parametrize(
    ("text", "expected"), [("50ms", 0.05), ("1s", 1.0), ("0.25s", 0.25), ("10s", 10.0), ("ms", None), ("5", None)]
)
def test_deadlines(text: str, expected: float | None) -> None:
    assert seconds_of(text) == expected
