"""Stolen passwords tried by many clients are found; people who mistype theirs, and outages, are left alone."""

from typing import Any

import pytest
from detecting import found, kinds, visits

from traffic.records import Exchange

BEGIN = 100_000.0
ATTACK = BEGIN + 1200
FORM: dict[str, Any] = {"status": 200, "content_type": "text/html"}


def logins(
    many: int, begin: float, step: float, path: str = "/login", clients: int = 100, **end: Any
) -> list[Exchange]:
    """Return logins of `clients` in turn, which fail unless `end` says otherwise."""
    return [
        each
        for number in range(many)
        for each in visits(
            [path],
            **{"method": "POST", "status": 401, **end},
            client=f"203.0.{number % clients}.9",
            begin=begin + number * step,
        )
    ]


def people(seconds: int = 1300) -> list[Exchange]:
    """Return two logins a minute, of which each fourth fails."""
    right = logins(seconds // 40, BEGIN, 40.0, status=302)
    wrong = logins(seconds // 120, BEGIN + 1, 120.0, **FORM)
    return [*right, *wrong]


def ten_each() -> list[Exchange]:
    """Return a client that guesses every two seconds, a new one each time."""
    return [
        each
        for n in range(40)
        for each in visits(["/login"] * 10, 401, "POST", client=f"198.51.{n}.9", begin=ATTACK + 2 * n, step=0.1)
    ]


def mixed(*parts: list[Exchange]) -> list[Exchange]:
    return sorted((each for part in parts for each in part), key=lambda each: each.time)


@pytest.mark.parametrize(
    "attack",
    [
        logins(100, ATTACK, 0.5),
        logins(100, ATTACK, 0.5, **FORM),
        logins(100, ATTACK, 0.5, path="/api/v1/auth/token", status=403),
        logins(100, ATTACK, 0.5, clients=25),
    ],
    ids=["refused", "a form", "an API", "four each"],
)
@pytest.mark.parametrize("before", [people(), []], ids=["after ordinary logins", "at once"])
def test_stuffing_is_found_once_within_a_minute(attack: list[Exchange], before: list[Exchange]) -> None:
    (stuffing,) = found("credential_stuffing", mixed(before, attack))
    assert kinds([stuffing]) == [("credential_stuffing", "", "T1110.004")]
    assert (stuffing.severity, stuffing.host) == ("medium", "shop.example.com")
    assert attack[0].request is not None
    assert stuffing.path == attack[0].request.path
    assert stuffing.evidence.startswith("203.0.")
    assert stuffing.time <= ATTACK + 60


def test_the_reason_has_the_numbers() -> None:
    (stuffing,) = found("credential_stuffing", mixed(people(1200), logins(100, ATTACK, 0.5)))
    assert stuffing.reason == (
        "20 clients tried to log in to shop.example.com in a minute, 20 of 21 times in vain; usually 0.5 fail"
    )


@pytest.mark.parametrize(
    "exchanges",
    [
        people(),
        mixed(people(), logins(200, ATTACK, 0.3, status=302)),
        mixed(people(), logins(100, ATTACK, 0.6, status=302), logins(50, ATTACK, 1.2)),
        mixed(people(), logins(100, ATTACK, 0.5, clients=1)),
        mixed(people(), ten_each()),
        mixed(logins(1200, BEGIN, 1.0, status=302), logins(60, ATTACK, 1.0)),
        mixed(people(), logins(60, ATTACK, 5.0)),
        mixed(people(), logins(100, ATTACK, 0.5, path="/search")),
        mixed(people(), logins(100, ATTACK, 0.5, method="GET")),
        mixed(people(), logins(100, ATTACK, 0.5, status=200, content_type="application/json")),
    ],
    ids=[
        "people", "monday morning", "a third mistype", "one client", "many tries of each", "a directory that is down",
        "slowly", "no login", "the form itself", "logins that succeed",
    ],
)  # fmt: skip
def test_ordinary_logins_are_no_stuffing(exchanges: list[Exchange]) -> None:
    assert found("credential_stuffing", exchanges) == []


def test_logins_out_of_order_are_found_too() -> None:
    attack = logins(100, ATTACK, 0.5)
    assert len(found("credential_stuffing", people(1200) + attack[1::2] + attack[::2])) == 1
