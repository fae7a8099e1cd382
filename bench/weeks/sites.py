"""Four kinds of site, whose ordinary weeks are generated. Their numbers are drawn anew for each seed."""

from dataclasses import dataclass
from math import cos, exp, pi
from typing import Final

import numpy as np

KINDS: Final = ("shop", "api", "blog", "media")
DAY: Final = 86400.0


@dataclass(frozen=True)
class Site:
    """A site. Rates are in requests per second, times in seconds."""

    kind: str
    peak: float
    """Requests per second at the busiest hour of the first week."""
    sections: tuple[str, ...]
    weights: tuple[float, ...]
    """Share of each section."""
    medians: tuple[float, ...]
    """Median response time of each section."""
    sigma: float
    """Deviation of the logarithm of response times."""
    servers: int
    visitors: int
    visit: float
    """Mean requests of a visit."""
    growth: float
    """Growth of the demand in a week, as a logarithm."""
    noise: float
    """Deviation of the logarithm of the demand, which drifts back to 0 in about `memory` seconds."""
    memory: float
    failures: float
    """Share of 5xx."""
    refused: float
    """Share of 401 and 403."""
    broken: float
    """Share of requests without a response."""
    campaigns: float
    """Campaigns in a week."""
    crawlers: float
    """Visits of crawlers in a day."""
    backup: bool
    deploys: float
    """Deploys in a week that change nothing but for a minute of cold caches."""
    lunch: float
    """Depth of the dip at noon."""

    def curve(self, hour: float, day: int) -> float:
        """Return the demand at an hour of the local day, as a share of the busiest; `day` is 0 on Monday."""
        wave = (1 + cos(2 * pi * (hour - self._busiest) / 24)) / 2
        if self.kind == "api":
            work = _slope(hour, 8, 0.7) * (1 - _slope(hour, 18, 1.0)) * (1 - self.lunch * exp(-((hour - 12.5) ** 2)))
            return 0.02 + (0.98 * work if day < 5 else 0.03 * wave)
        weekend = {"shop": 0.7, "blog": 0.8, "media": 1.15}[self.kind] if day >= 5 else 1.0
        if self.kind == "media":
            evening = exp(-((hour - 20.5) ** 2) / 6) + 0.45 * exp(-((hour - 8) ** 2) / 5) + 0.35 * wave
            return (0.05 + 0.8 * evening) * weekend
        floor = {"shop": 0.06, "blog": 0.15}[self.kind]
        return float((floor + (1 - floor) * wave**1.4) * weekend)

    @property
    def _busiest(self) -> float:
        return {"shop": 19.5, "blog": 16.0, "media": 20.5, "api": 13.0}[self.kind]


def site(kind: str, seed: int) -> Site:
    """Draw a site of a kind."""
    draw = np.random.default_rng([seed, KINDS.index(kind)])
    paths = {
        "shop": ("", "cart", "checkout", "search", "product", "img", "account", "login"),
        "api": ("v1", "orders", "invoices", "login", "status", "export"),
        "blog": ("", "posts", "feed", "tags", "about"),
        "media": ("", "news", "video", "sport", "live", "comments", "login", "img"),
    }[kind]
    host = {"shop": "shop.example.com", "api": "api.example.com", "blog": "blog.example", "media": "www.media.example"}
    sections = [f"{host[kind]}/{path}" for path in paths]
    if kind == "shop":
        sections += ["static.example.com/css", "static.example.com/js"]
    weights = draw.dirichlet(np.full(len(sections), 4.0)) * 0.8 + 0.2 / len(sections)
    peak = {"shop": 6.0, "api": 4.0, "blog": 0.06, "media": 8.0}[kind] * draw.lognormal(0, 0.3)
    return Site(
        kind=kind,
        peak=peak,
        sections=tuple(sections),
        weights=tuple(weights / weights.sum()),
        medians=tuple(draw.lognormal(-3.6, 0.7, len(sections))),
        sigma=float(draw.uniform(0.5, 0.9)),
        servers={"shop": 4, "api": 3, "blog": 1, "media": 10}[kind],
        visitors={"shop": 3000, "api": 150, "blog": 600, "media": 6000}[kind],
        visit={"shop": 9.0, "api": 12.0, "blog": 3.0, "media": 6.0}[kind],
        growth=float(draw.uniform(-0.02, 0.05)),
        noise={"shop": 0.1, "api": 0.1, "blog": 0.3, "media": 0.2}[kind] * float(draw.uniform(0.7, 1.3)),
        memory=float(draw.uniform(2, 8)) * 3600,
        failures=float(draw.uniform(0.0005, 0.004)),
        refused=float(draw.uniform(0.003, 0.02)),
        broken=float(draw.uniform(0.002, 0.01)),
        campaigns={"shop": 1.0, "api": 0.0, "blog": 0.5, "media": 4.0}[kind],
        crawlers={"shop": 6.0, "api": 0.0, "blog": 8.0, "media": 5.0}[kind],
        backup=kind != "blog" or bool(draw.random() < 0.5),
        deploys={"shop": 3.0, "api": 2.0, "blog": 0.3, "media": 5.0}[kind],
        lunch=float(draw.uniform(0.1, 0.35)),
    )


def _slope(hour: float, at: float, width: float) -> float:
    return 1 / (1 + exp(-(hour - at) / width * 3))
