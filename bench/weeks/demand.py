"""The traffic of a site, window by window: visits, crawlers, campaigns, a nightly backup, deploys, and incidents."""

from collections.abc import Iterator
from datetime import datetime
from math import exp, log, sqrt
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bench.weeks.incidents import CRAWLER, FLOODER, Effects, Incident, effects, server_name
from bench.weeks.sites import DAY, Site
from bench.weeks.traffic import (
    ABSENT,
    FAILED,
    FINE,
    FORBIDDEN,
    NO_ANSWER,
    UNAUTHORISED,
    UNAVAILABLE,
    Exchanges,
    Names,
)

ZONE: Final = ZoneInfo("Europe/Berlin")
START: Final = datetime(2026, 9, 7, tzinfo=ZONE).timestamp()
"""A Monday. The clocks change in the seventh week, on 2026-10-25."""
HOLIDAY: Final = datetime(2026, 11, 4, tzinfo=ZONE).date()
"""A Wednesday that is a holiday."""
WINDOW: Final = 120.0
AGENTS: Final = ("Mozilla/5.0 Firefox", "Mozilla/5.0 Chrome", "Mozilla/5.0 Safari", "Mozilla/5.0 Edge", "okhttp/4.9")
CRAWLERS: Final = ("bingbot/2.0", "Googlebot/2.1", "AhrefsBot/7.0", "feedfetcher/1.1")


class Demand:
    """The traffic of a site from a seed. Incidents can be added at any time."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.incidents: list[Incident] = []
        self._draw = np.random.default_rng([seed, 99, len(site.sections)])
        self.names = Names(site.sections, [server_name(place).removesuffix(":80") for place in range(site.servers)])
        self.names.client += [f"198.{51 + (n >> 12 & 15)}.{n >> 4 & 255}.{1 + (n & 15)}" for n in range(site.visitors)]
        self.names.client += [f"66.249.{place}.{place + 5}" for place in range(len(CRAWLERS))]
        self._crawlers = site.visitors
        self.names.client += ["10.9.9.9", FLOODER, CRAWLER]
        self._backup, self._flooder, self._crawler = range(site.visitors + len(CRAWLERS), len(self.names.client))
        self._stuffers = len(self.names.client)
        self.names.client += [f"45.{n >> 4 & 63}.{n & 15}.{1 + n % 250}" for n in range(800)]
        self.names.agent += [*AGENTS, *CRAWLERS, "backup/1.0", "attack/1.0", "NewBot/0.1"]
        popular = 1 / np.arange(1, site.visitors + 1) ** 0.7
        self._popular = np.cumsum(popular / popular.sum())
        self._medians = np.array(site.medians)
        self._drift = 0.0
        self._busy: list[tuple[float, float, int, float]] = []
        self._slow_until = 0.0

    def usual(self, time: float) -> float:
        """Return the demand in requests per second, without noise."""
        local = datetime.fromtimestamp(time, ZONE)
        day = 6 if local.date() == HOLIDAY else local.weekday()
        growth = exp(self.site.growth * (time - START) / (7 * DAY))
        return self.site.peak * self.site.curve(local.hour + local.minute / 60, day) * growth

    def windows(self, start: float, count: int) -> Iterator[tuple[float, Exchanges]]:
        """Iterate over so many windows, with the start of each."""
        for number in range(count):
            time = start + number * WINDOW
            yield time, self._window(time)

    def _window(self, time: float) -> Exchanges:
        site, draw = self.site, self._draw
        keep = exp(-WINDOW / site.memory)
        self._drift = keep * self._drift + sqrt(1 - keep * keep) * site.noise * draw.standard_normal()
        usual = self.usual(time)
        found = effects(self.incidents, time, usual)
        rate = usual * exp(self._drift) * found.demand
        weights = self._weights(time, found)
        parts = [self._visits(rate * float(weights.sum()), weights / weights.sum())]
        if found.demand:
            parts += self._extras(time, usual)
        parts += self._attacks(found)
        rows = Exchanges.joined(parts)
        self._answer(rows, time, found)
        return rows

    def _weights(self, time: float, found: Effects) -> NDArray[np.float64]:
        """Return the weight of each section, with the campaigns of the moment."""
        site, draw = self.site, self._draw
        if draw.random() < site.campaigns * WINDOW / (7 * DAY):
            length, strength = draw.uniform(1200, 7200), draw.lognormal(log(2.2), 0.3)
            self._busy.append((time, time + length, int(draw.integers(len(site.sections))), strength))
        weights = np.array(site.weights)
        self._busy = [each for each in self._busy if each[1] > time]
        for begin, end, section, strength in self._busy:
            ramp = min(1.0, (time - begin + WINDOW) / 600, (end - time) / 900)
            weights[section] *= 1 + (strength - 1) * ramp
        if found.section is not None:
            weights[found.section] *= found.crowd
        return weights

    def _visits(self, rate: float, weights: NDArray[np.float64]) -> Exchanges:
        site, draw = self.site, self._draw
        visits = draw.poisson(rate * WINDOW / site.visit)
        sizes = draw.geometric(1 / site.visit, visits)
        total = int(sizes.sum())
        who = np.searchsorted(self._popular, draw.random(visits))
        clients = np.repeat(np.minimum(who, site.visitors - 1), sizes)
        first = np.zeros(total, np.bool_)
        first[np.cumsum(sizes)[:-1]] = True
        first[:1] = True
        sections = np.minimum(np.searchsorted(np.cumsum(weights), draw.random(total)), len(weights) - 1)
        return self._rows(clients, sections, clients % len(AGENTS), first)

    def _extras(self, time: float, usual: float) -> list[Exchanges]:
        """Return what crawlers and the backup ask for."""
        site, draw, parts = self.site, self._draw, []
        for place in range(len(CRAWLERS)):
            if draw.random() < site.crawlers / len(CRAWLERS) * WINDOW / DAY * 5:
                count = draw.poisson(max(4.0, 0.04 * usual * WINDOW))
                parts.append(self._of(self._crawlers + place, count, len(AGENTS) + place))
        local = datetime.fromtimestamp(time, ZONE)
        if site.backup and local.hour == 3 and local.minute < 24:
            parts.append(self._of(self._backup, draw.poisson(40), len(AGENTS) + len(CRAWLERS)))
        if draw.random() < site.deploys * WINDOW / (7 * DAY):
            self._slow_until = time + WINDOW
        return parts

    def _attacks(self, found: Effects) -> list[Exchanges]:
        draw, parts = self._draw, []
        agent = len(AGENTS) + len(CRAWLERS) + 1
        if found.flood:
            parts.append(self._of(self._flooder, draw.poisson(found.flood * WINDOW), agent))
        if found.crawler:
            parts.append(self._of(self._crawler, draw.poisson(found.crawler * WINDOW), agent + 1))
        if found.stuffing:
            count = draw.poisson(found.stuffing * WINDOW)
            clients = self._stuffers + draw.integers(800, size=count)
            sections = np.full(count, found.section)
            part = self._rows(clients, sections, np.full(count, agent), np.ones(count, np.bool_))
            part.outcome[:] = np.where(draw.random(count) < 0.97, UNAUTHORISED, FINE)
            parts.append(part)
        return parts

    def _of(self, client: int, count: int, agent: int) -> Exchanges:
        """Return requests of one client for random sections."""
        sections = self._draw.integers(len(self.site.sections), size=count)
        return self._rows(np.full(count, client), sections, np.full(count, agent), self._draw.random(count) < 0.02)

    def _rows(
        self,
        clients: NDArray[np.int64],
        sections: NDArray[np.int64],
        agents: NDArray[np.int64],
        first: NDArray[np.bool_],
    ) -> Exchanges:
        count, draw = len(clients), self._draw
        seconds = self._medians[sections] * np.exp(self.site.sigma * draw.standard_normal(count))
        size = np.minimum((draw.pareto(1.3, count) + 1) * 2000, 5e6).astype(np.int64)
        servers = draw.integers(self.site.servers, size=count)
        return Exchanges(clients, sections, servers, agents, np.full(count, FINE), seconds, size, first)

    def _answer(self, rows: Exchanges, time: float, found: Effects) -> None:
        """Decide what becomes of each request."""
        site, draw, count = self.site, self._draw, len(rows.client)
        luck = draw.random(count)
        usual = rows.outcome == FINE
        edges = np.cumsum([site.failures, site.refused / 2, site.refused / 2, 0.02, site.broken])
        for code, low, high in zip(
            (FAILED, UNAUTHORISED, FORBIDDEN, ABSENT, NO_ANSWER), [0.0, *edges[:-1]], edges, strict=True
        ):
            rows.outcome[usual & (low <= luck) & (luck < high)] = code
        again = draw.random(count)
        rows.outcome[again < found.failing] = UNAVAILABLE
        rows.outcome[again < found.unanswered] = NO_ANSWER
        if found.failing_section:
            rows.outcome[(rows.section == found.failing_section[0]) & (again < found.failing_section[1])] = FAILED
        if found.failing_server:
            rows.outcome[(rows.server == found.failing_server[0]) & (again < found.failing_server[1])] = UNAVAILABLE
        load = 1 + 0.5 * min(1.5, self.usual(time) / site.peak) ** 2
        rows.seconds *= load * found.slow * exp(0.05 * draw.standard_normal())
        if time < self._slow_until:
            rows.seconds *= 1.6
        if found.slow_server:
            rows.seconds[rows.server == found.slow_server[0]] *= found.slow_server[1]
        rows.seconds[rows.outcome == NO_ANSWER] = np.nan
