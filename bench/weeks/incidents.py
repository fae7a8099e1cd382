"""Labelled incidents, and what each does to the traffic of a window."""

from dataclasses import dataclass, replace
from math import exp, log
from typing import Final

import numpy as np
from numpy.random import Generator

from bench.weeks.sites import Site

KINDS: Final = (
    "flood", "error burst", "slow server", "outage", "unanswered", "level shift", "slow leak", "bad host", "bad deploy",
    "crawler", "flash crowd", "credential stuffing", "slow ramp",
)  # fmt: skip


@dataclass(frozen=True)
class Incident:
    """An incident. `place` is the code of the section or server that it is about."""

    kind: str
    start: float
    end: float
    strength: float
    place: int = 0
    key: str = ""
    """The name that an alert should give; empty if there is none."""


@dataclass
class Effects:
    """What incidents do to a window."""

    demand: float = 1.0
    """Factor on the requests of everybody."""
    section: int | None = None
    crowd: float = 1.0
    """Factor on the requests for that section."""
    slow_section: tuple[int, float] | None = None
    slow_server: tuple[int, float] | None = None
    slow: float = 1.0
    failing: float = 0.0
    """Share of 5xx, besides the usual."""
    failing_section: tuple[int, float] | None = None
    failing_server: tuple[int, float] | None = None
    unanswered: float = 0.0
    flood: float = 0.0
    """Requests per second of one client."""
    crawler: float = 0.0
    stuffing: float = 0.0
    """Refused logins per second from many clients."""


def incident(kind: str, site: Site, start: float, usual: float, draw: Generator) -> Incident:
    """Draw an incident of a kind; `usual` is the demand at its start in requests per second."""
    minutes = {"slow leak": draw.uniform(360, 720), "slow ramp": draw.uniform(240, 480), "level shift": 600.0}
    length = max(minutes.get(kind, draw.uniform(30, 90)) * 60, LEAST_VISITS * site.visit / usual)
    low, high = _STRENGTH[kind]
    found = Incident(kind, start, start + length, float(exp(draw.uniform(log(low), log(high)))))
    if kind in ("slow server", "bad host"):
        place = int(draw.integers(site.servers))
        return replace(found, place=place, key=server_name(place))
    if kind in ("bad deploy", "flash crowd"):
        weights = np.array(site.weights)
        place = int(draw.choice(np.flatnonzero(weights >= np.median(weights))))
        return replace(found, place=place, key=site.sections[place])
    if kind == "credential stuffing":
        places = [place for place, name in enumerate(site.sections) if name.endswith("/login")]
        place = places[0] if places else 0
        return replace(found, place=place, key=site.sections[place] if places else "")
    names = {"flood": FLOODER, "crawler": CRAWLER}
    return replace(found, key=names.get(kind, ""))


LEAST_VISITS: Final = 20
"""Usual visits that an incident lasts for at least: one that meets fewer people cannot be told from chance."""
FLOODER, CRAWLER = "203.0.113.9", "192.0.2.77"
_STRENGTH: Final = {
    "flood": (3.0, 10.0),  # times the demand
    "error burst": (0.2, 0.6),
    "slow server": (4.0, 12.0),
    "outage": (1.0, 1.0),
    "unanswered": (0.25, 0.7),
    "level shift": (2.0, 3.0),
    "slow leak": (3.0, 8.0),
    "bad host": (0.3, 0.9),
    "bad deploy": (0.3, 1.0),
    "crawler": (0.7, 2.0),
    "flash crowd": (4.0, 12.0),
    "credential stuffing": (0.4, 1.5),
    "slow ramp": (3.0, 6.0),
}


def server_name(place: int) -> str:
    """Return the name of a server, with its port."""
    return f"10.0.0.{place + 1}:80"


def effects(incidents: list[Incident], time: float, usual: float) -> Effects:
    """Return what the incidents do at a time; `usual` is the demand in requests per second."""
    found = Effects()
    for each in incidents:
        if each.start <= time < each.end:
            _act(each, (time - each.start) / (each.end - each.start), found, max(usual, 0.02))
    return found


def _act(each: Incident, progress: float, found: Effects, usual: float) -> None:
    strength, place = each.strength, each.place
    grown = strength**progress
    changes: dict[str, dict[str, object]] = {
        "flood": {"flood": max(strength * usual, 1.0)},
        "error burst": {"failing": strength},
        "slow server": {"slow_server": (place, strength)},
        "outage": {"demand": 0.0},
        "unanswered": {"unanswered": strength},
        "level shift": {"demand": strength},
        "slow leak": {"slow": grown},
        "bad host": {"failing_server": (place, strength)},
        "bad deploy": {"failing_section": (place, strength)},
        "crawler": {"crawler": max(strength * usual, 0.5)},
        "flash crowd": {"section": place, "crowd": strength},
        "credential stuffing": {"section": place, "stuffing": max(strength * usual, 0.5)},
        "slow ramp": {"demand": grown},
    }
    for name, value in changes[each.kind].items():
        setattr(found, name, value)
