"""How a judge compares what was measured with what is usual at that hour of the week."""

from collections.abc import Mapping
from math import inf, log, sqrt
from typing import Final

from alerting.alert import SignalUnit
from alerting.band import Band
from alerting.calendar import HOURS_OF_WEEK, Calendar, Moment
from alerting.change import Change, change
from alerting.comparison import Verdict
from alerting.judged import Finding
from alerting.most import Most
from alerting.newcomers import Newcomers
from alerting.prominence import Prominence
from alerting.reach import LONG
from alerting.rule import WHOLE, Measured, Rule, teaches
from alerting.scale import EVENTS, PERCENTILES, Scale
from alerting.series import HOUR, Series
from alerting.window import Window

MAX_SEASONS: Final = 200
"""Maximum subjects of a signal with a season, each 32 kB. The one with the least traffic makes room for a new one."""
BODY: Final = 10_000
"""Bytes that count as one event: a typical response. How much sizes vary is learned."""
FEWEST: Final = 3
"""Responses from which a percentile says something, if there are many of them in an hour."""
NOTICED: Final = 0.13
"""Part of the traffic of the largest subject, in its busiest hour, that many requests of another one must reach."""
FEWER: Final = 0.1
"""Part of a floor that is enough for a season, which has learned how far few events vary. Floors of rates, and those of
signals by key, hold as they are.
"""
SOME: Final = 5
"""Expected requests from which on that part is also enough for a key. Where fewer come, one visit is many."""
HOLD: Final = 0.6
"""Part of the way from the expected value to the limit at which an alert ends, so that one incident is one alert."""
_LASTING: Final = {SignalUnit.HITS: 1.0, SignalUnit.REQUESTS: 1.0, SignalUnit.BYTES: 0.5, SignalUnit.CONNECTIONS: 0.5}
"""Least part of the threshold for deviations that last, by unit; otherwise as in `reach.Reach`."""
_TOGETHER: Final = 10.0
"""Half the square of a limit in deviations. To be beyond it by chance once among n, a normal distribution must be
limited at sqrt(1 + log(n) / _TOGETHER) times as much.
"""
_FULL: Final = 3
"""Buckets in which the events of longer times must have been expected to judge whether a key dropped."""
_PER_SECOND: Final = (SignalUnit.BYTES, SignalUnit.CONNECTIONS)
"""Units of signals whose floor is a rate."""


class SeasonalComparison:
    """Has a `Series` for each subject."""

    def __init__(self, rule: Rule, bucket_size: float, calendar: Calendar) -> None:
        self._rule = rule
        self._bucket_size = bucket_size
        self._calendar = calendar
        self._scale: Scale = PERCENTILES if rule.unit is SignalUnit.SECONDS else EVENTS
        self._per = self._unit()
        self._by_key = getattr(rule, "by_key", False)
        self._part = 1.0 if self._by_key or rule.unit in _PER_SECOND else FEWER
        self._series: dict[str, Series] = {}
        self._entered: set[str] = set()
        # Subjects that are beyond the limit; those that alert; and those of them that came back in the last window.
        self._beyond: set[str] = set()
        self._held: set[str] = set()
        self._back: set[str] = set()
        self._prominence = Prominence()
        # Traffic of the largest subject: its mean over about an hour, and the most that this is usually.
        self._busy = 0.0
        self._busiest = Most()
        # Requests of keys are judged beside those of the whole site, and keys without a season beside each other.
        self._has_whole = self._by_key and rule.unit is SignalUnit.REQUESTS
        self._whole: Series | None = None
        self._newcomers = Newcomers() if self._has_whole and not rule.low else None

    def judge(self, measured: Mapping[str, Measured], window: Window) -> list[Verdict]:
        """See `Comparison.judge`."""
        self._enter(measured, window)
        self._beyond = set()
        verdicts = [verdict for subject in self._entered if (verdict := self._verdict(subject))]
        if self._newcomers is not None:
            rates = {subject: one.value for subject, one in measured.items() if self._is_newcomer(subject)}
            self._newcomers.enter(rates)
            verdicts += self._of_newcomer(self._newcomers)
        return [self._ending_late(verdict) for verdict in verdicts]

    def learn(self, measured: Mapping[str, Measured], beyond: set[str], window: Window) -> bool:
        """See `Comparison.learn`."""
        for subject in self._entered:
            self._series[subject].learn(subject in self._beyond, subject in beyond)
        if self._whole is not None:
            is_beyond = any(finding.severity > 1 for finding in self._whole.findings(1.0))
            self._whole.learn(is_beyond, is_beyond)
        if self._held and not beyond:
            for series in self._all():
                series.settle()
        self._held = beyond
        if not beyond:  # a flood must not hide what the site notices after it
            self._busy += (max((one.traffic for one in measured.values()), default=0.0) - self._busy) / LONG.windows
        self._busiest.fade()
        self._busiest.take(self._busy)
        self._choose(measured, window, 1.0)
        if self._newcomers is not None:
            self._newcomers.learn(self._series, beyond)
        return True

    def recall(self, measured: Mapping[str, Measured], window: Window) -> bool:
        """See `Comparison.recall`. An hour teaches the season, and a shorter window also how far values spread."""
        if window.seconds < HOUR:
            beyond = {verdict.subject for verdict in self.judge(measured, window) if verdict.beyond}
            self.learn(measured, beyond, window)
            return bool(beyond)
        moment = self._calendar.moment((window.opens + window.closes) / 2)
        hour = window.seconds / self._bucket_size
        self._choose(measured, window, hour)
        if self._has_whole and (total := self._total(window)):
            self._whole = self._whole or self._new(self._scale.start(total, window.seconds))
            self._whole.recall_hour(moment, window.closes, total, window.seconds)
        for subject, series in self._series.items():
            seen = measured.get(subject) or self._nothing
            if seen is not None and (found := self._counted(seen, window.seconds))[1]:
                series.recall_hour(moment, window.closes, *found)
        return False

    def teaches(self, measured: Measured) -> bool:
        """See `Comparison.teaches`."""
        return teaches(self._rule, measured, self._part)

    def band_at(self, time: float) -> Band | None:
        """Return what is expected of the whole traffic at a time."""
        series = self._series.get(WHOLE)
        if series is None:
            return None
        found = series.band_at(self._calendar.moment(time), self._bucket_size)
        return Band(*(self._per / self._bucket_size * each for each in found))

    def add(self, subject: str, value: float) -> None:
        """See `Comparison.add`."""
        self._add(subject, self._scale.start(value / self._per, 1.0))

    def accept(self, subject: str, value: float, now: float) -> None:
        """See `Comparison.accept`."""
        series, expected = self._series.get(subject), self.value(subject)
        if series is not None and expected:
            series.shift(max(value, expected / 1000) / expected)
        elif series is None and self._newcomers is not None:
            self._newcomers.accept(value)
        self._held.discard(subject)
        self._back.discard(subject)

    def clear(self) -> None:
        """See `Comparison.clear`."""
        self._series.clear()
        self._whole = None
        self._newcomers = self._newcomers and Newcomers()
        self._held.clear()
        self._back.clear()

    def value(self, subject: str) -> float | None:
        """See `Comparison.value`."""
        series = self._series.get(subject)
        return self._per * series.band()[0] if series is not None else None

    def limit(self, subject: str) -> float | None:
        """See `Comparison.limit`."""
        series = self._series.get(subject)
        if series is None:
            return None
        expected, edge = series.band()
        return self._further(self._per * expected, self._per * edge, 1.0)

    def change(self, subject: str) -> Change | None:
        """See `Comparison.change`."""
        if subject not in self._series:
            return None  # a newcomer
        windows = self._series[subject].latest.windows
        starts = [end - self._bucket_size for end, _ in windows]
        side = -1 if self._rule.low else 1
        found = change([seen.total for _, seen in windows], starts, self._scale, side)
        if found is None or side * (found.after - found.before) <= 0:  # only the season changed
            return None
        return found._replace(before=self._per * found.before, after=self._per * found.after)

    @property
    def values(self) -> Mapping[str, float]:
        """See `Comparison.values`."""
        return {subject: self._per * series.band()[0] for subject, series in self._series.items()}

    def _choose(self, measured: Mapping[str, Measured], window: Window, buckets: float) -> None:
        """Begin the seasons of subjects that have become prominent, and forget those that are no longer, unless they
        alert: an outage is never usual.
        """
        whole = self._total(window) if self._by_key else inf
        self._prominence.take({subject: one.traffic for subject, one in measured.items()}, whole, buckets)
        for subject, one in measured.items():
            new = subject not in self._series and self._prominence.is_prominent(subject)
            if new and self.teaches(one._replace(traffic=one.traffic / buckets)):
                self._begin(subject, one, window)
        for subject in [each for each in self._series.keys() - self._held if self._prominence.has_faded(each)]:
            del self._series[subject]

    def _enter(self, measured: Mapping[str, Measured], window: Window) -> None:
        moment = self._calendar.moment((window.opens + window.closes) / 2)
        care = sqrt(1 + log(max(len(self._series), 1)) / _TOGETHER)
        whole = self._enter_whole(moment, window)
        self._entered = set()
        for subject, series in self._series.items():
            series.care, series.whole = care, whole
            one = measured.get(subject) or self._nothing
            if one is None or (self._scale is PERCENTILES and one.traffic < FEWEST):
                continue
            amount, base = self._counted(one, window.seconds)
            if base:
                self._entered.add(subject)
                series.enter(moment, window.closes, window.seconds, amount, base, one.traffic)

    def _enter_whole(self, moment: Moment, window: Window) -> Series | None:
        """Let the whole take in the window, and return it once its week is known: before, it excuses no key."""
        if not self._has_whole:
            return None
        total = self._total(window)
        if self._whole is None and total:
            self._whole = self._new(self._scale.start(total, window.seconds))
        if self._whole is None:
            return None
        self._whole.enter(moment, window.closes, window.seconds, total, window.seconds, total)
        return self._whole if self._whole.season.hours >= HOURS_OF_WEEK else None

    def _total(self, window: Window) -> int:
        """Return the whole traffic of a window, of which keys have their parts."""
        return max(window.of(each).total for each in self._rule.statistics)

    def _all(self) -> list[Series]:
        return [*self._series.values(), *([self._whole] if self._whole is not None else [])]

    def _verdict(self, subject: str) -> Verdict | None:
        """Return the verdict on the shortest time that is beyond the limit, or else on the last window."""
        hold = HOLD if subject in self._held else 1.0
        found = (each for each in self._series[subject].findings(hold) if self._is_enough(each))
        verdicts = [self._judged(subject, each, hold) for each in found]
        return next((verdict for verdict in verdicts if verdict.beyond), verdicts[0] if verdicts else None)

    def _is_newcomer(self, subject: str) -> bool:
        return subject not in self._series and self._prominence.is_small(subject)

    def _of_newcomer(self, newcomers: Newcomers) -> list[Verdict]:
        limit = newcomers.limit(self._rule.floor / self._bucket_size)
        if limit is None or not newcomers.largest:
            return []
        subject, rate = newcomers.largest, newcomers.rate
        hold = HOLD if subject in self._held else 1.0
        mean = self._prominence.mean(subject) / self._bucket_size
        return [Verdict(subject, rate, mean, limit, rate / limit, rate > hold * limit)]

    def _ending_late(self, verdict: Verdict) -> Verdict:
        """Let an alert end only with the second window within the limit."""
        subject = verdict.subject
        if verdict.beyond or subject not in self._held or subject in self._back:
            self._back.discard(subject)
            return verdict
        self._back.add(subject)
        return verdict._replace(beyond=True)

    def _judged(self, subject: str, finding: Finding, hold: float) -> Verdict:
        value, expected = self._per * finding.value, self._per * finding.expected
        edge = self._further(expected, self._per * finding.limit, finding.least)
        if finding.severity > 1 and self._is_beyond(value, edge):
            self._beyond.add(subject)
        held = finding.severity > hold and self._is_beyond(value, expected + hold * (edge - expected))
        seconds = finding.seconds if finding.windows > 1 else 0.0
        return Verdict(subject, value, expected, edge, finding.severity, held, seconds)

    def _is_beyond(self, value: float, edge: float) -> bool:
        return value < edge if self._rule.low else value > edge

    def _is_enough(self, finding: Finding) -> bool:
        rule, floor = self._rule, self._part * self._rule.floor
        if rule.unit is SignalUnit.REQUESTS and finding.windows > LONG.windows:
            return False  # over eight hours, rates of keys change by chance
        if rule.low:
            buckets = min(finding.windows, _FULL) if self._by_key else finding.windows
            return self._per * finding.expected * buckets >= floor
        if rule.unit is SignalUnit.REQUESTS:
            if finding.traffic < NOTICED * self._busiest.value * finding.windows:
                return False  # a key whose flood the site does not notice
            if finding.expected * finding.windows * self._bucket_size >= SOME:
                floor *= FEWER
        return finding.traffic / (finding.windows if rule.unit in _PER_SECOND else 1) >= floor

    def _further(self, expected: float, edge: float, least: float) -> float:
        """Return the limit: the edge of the band, but not nearer than the threshold."""
        rule = self._rule
        least = max(least, _LASTING.get(rule.unit, 0.0))
        distance = rule.threshold * least * (1 if rule.points else expected / 100)
        if rule.low:
            return min(edge, expected - distance)
        return max(edge, expected + distance, rule.least)

    def _counted(self, one: Measured, seconds: float) -> tuple[float, float]:
        """Return the events, and the seconds or responses in which they were; or the time, and the responses."""
        unit = self._rule.unit
        if unit is SignalUnit.SECONDS:
            return one.value, one.traffic
        if unit is SignalUnit.PERCENT:
            return one.value / 100 * one.traffic, one.traffic
        if unit is SignalUnit.FINDINGS:
            return one.value, seconds
        return one.value / self._per * seconds, seconds

    def _unit(self) -> float:
        """Return what an event per second or response is in the unit of the signal."""
        unit = self._rule.unit
        if unit in (SignalUnit.HITS, SignalUnit.FINDINGS):
            return self._bucket_size
        return {SignalUnit.PERCENT: 100.0, SignalUnit.BYTES: float(BODY)}.get(unit, 1.0)

    @property
    def _nothing(self) -> Measured | None:
        """What was measured of a subject that did not occur: a rate of 0, but no share and no time."""
        return None if self._rule.unit in (SignalUnit.PERCENT, SignalUnit.SECONDS) else Measured(0.0, 0.0)

    def _begin(self, subject: str, one: Measured, window: Window) -> None:
        amount, base = self._counted(one, window.seconds)
        self._add(subject, self._scale.start(amount, base))

    def _add(self, subject: str, level: float) -> None:
        if len(self._series) >= MAX_SEASONS:
            least = min(self._series, key=lambda name: self._series[name].recent.expected)
            del self._series[least]
        self._series[subject] = self._new(level)

    def _new(self, level: float) -> Series:
        return Series(self._scale, -1 if self._rule.low else 1, level)
