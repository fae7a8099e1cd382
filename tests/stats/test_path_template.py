"""Paths with their variable parts replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.loading import load
from stats.path_template import SEGMENTS, host_and_path, path_template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/users/123/orders/9f8e7d6c5b4a", "/users/{id}/orders/{hex}"),
        ("/users/me/orders", "/users/me/orders"),
        ("/v1/items", "/v1/items"),
        ("/item/2026-11-22", "/item/{date}"),
        ("/a/123e4567-e89b-12d3-a456-426614174000", "/a/{uuid}"),
        ("/img/0123abcdef.png", "/img/{hex}.png"),
        ("/img/logo2.png", "/img/logo2.png"),
        ("/file/12.5", "/file/12.5"),
        ("/decade/facade", "/decade/facade"),
        ("/session/eyJhbGciOiJIUzI1NiIs4", "/session/{token}"),
        ("/jquery-3.6.0.min.js", "/jquery-3.6.0.min.js"),
        ("/", "/"),
        ("*", "*"),
        ("/a" * 20, "/a" * SEGMENTS + "/..."),
    ],
)
def test_variable_parts_are_replaced_and_names_stay(path: str, template: str) -> None:
    assert path_template(path) == template


@given(st.text(max_size=300))
def test_any_template_is_bounded(path: str) -> None:
    assert path_template(path).count("/") <= SEGMENTS + 1


@pytest.mark.parametrize("host", ["shop.example.com", "(unknown)"])
def test_an_unknown_path_stands_apart_from_its_host(host: str) -> None:
    assert host_and_path(host, "(unknown)", templates=True) == f"{host}/(unknown)"


def test_templates_are_used_only_when_enabled() -> None:
    plain, templates = load(["top_paths"]), load(["top_paths"], {"path_templates": True, "max_keys": 7})
    found = [statistic.key("my.site.com", "/users/123") for statistic in (*plain, *templates)]
    assert found == ["my.site.com/users/123", "my.site.com/users/{id}"]


@pytest.mark.parametrize("host", ["163.com", "0a1b2c3d4e5f", "12345", "10.0.0.1"])
def test_a_host_that_looks_like_a_number_stays(host: str) -> None:
    [sections, paths] = load(["top_sections", "top_paths"], {"path_templates": True})
    assert (sections.key(f"{host}/123"), paths.key(host, "/123/x")) == (f"{host}/{{id}}", f"{host}/{{id}}/x")
