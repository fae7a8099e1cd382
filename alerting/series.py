"""One series of values against its season: the values of one signal for one subject, window after window.

Deviations are judged over several times: one window, two in a row, five, 15, the last hour, and eight hours. Short ones
are compared with the season as it was in the last hours (the season and an offset), the last two with the season alone:
so a step alerts at once, and a slow leak or a ramp alerts when an hour is beyond what hours usually are. A part of a
whole is excused by what the rest does. Drops are judged by silence besides.
"""

from collections import deque
from collections.abc import Iterator
from math import inf, log, sqrt
from typing import Final

from alerting.calendar import HOURS_OF_WEEK, Moment
from alerting.judged import Finding, Judged
from alerting.latest import Latest
from alerting.reach import LONG, LONGEST, SHORT, Reach
from alerting.scale import NOTHING, Scale, Sum
from alerting.season import KNOWN_AFTER, Season
from alerting.silence import Silence
from alerting.spread import Spread
from alerting.spreads import Spreads

HALF_LIFE: Final = 2700.0
"""Half-life in seconds of the offset, which follows the day."""
HOUR: Final = 3600.0
LASTING: Final = 5
"""Windows from which on the latest one must still deviate, so that an alert ends with what caused it."""
NEW_LEVEL: Final = 48
"""Hours beyond the band after which they are the new level: two days."""
MOSTLY: Final = 0.8
"""Share of these hours that must be beyond it."""
_ENOUGH_EVENTS: Final = 10.0
"""Expected events in an hour. If none of them came, that is an outage, which is never usual."""
_REST: Final = 10.0
"""Events that the rest of a whole counts for as if they had been seen as expected."""
_FIRST_BASE: Final = 120.0
"""Seconds or responses of a window that has not come yet."""
_HOURS: Final = 8
"""Hours that are judged together."""
_YOUNG: Final = 30
"""Windows without an alert after the start, while the spread is unknown."""


class Series:
    """The season, the offset and the spreads of one series, which starts with its first window."""

    def __init__(self, scale: Scale, side: int, level: float) -> None:
        self._scale = scale
        self._side = side
        self.season = Season(level)
        self.offset = 0.0
        self.care = 1.0
        """Factor on all limits: the more series are judged together, the further one of them deviates by chance."""
        self.whole: Series | None = None
        """The whole of which it is a part, if only what differs from the rest of it is judged."""
        self.last = 0.0
        """End of the last window, in seconds since the epoch."""
        self.recent = NOTHING
        """The windows of the last hours, fading, from which the offset follows."""
        self.latest = Latest()
        # Offsets before the last windows, latest first.
        self._offsets: deque[float] = deque([0.0], maxlen=SHORT[-1].windows)
        self._spreads = Spreads()
        self._hours: deque[Sum] = deque(maxlen=_HOURS)
        self._silence = Silence()
        self._lasting: tuple[Finding, Sum] | None = None
        self._judged: list[Judged] = []
        # Variance of the usual at the present hour.
        self._doubt = 1.0
        self._hour: Moment | None = None
        # The latest window and its seconds; the windows of this hour, and of each of its steps.
        self._entered = self._counted = NOTHING
        self._length = 0.0
        self._step = 0
        self._steps: dict[int, Sum] = {}
        self._beyond = self._windows_in_hour = 0
        self._strange: deque[float | None] = deque(maxlen=NEW_LEVEL)
        self._number = self._beyond_before = 0
        self._alerting = False

    # To judge -------------------------------------------------------------------------------------------------------

    def enter(self, moment: Moment, ends: float, seconds: float, amount: float, base: float, traffic: float) -> None:
        """Take in a window, which is judged next."""
        if ends - seconds > self.last + HOUR / 2 and self.latest:
            self._forget()  # nobody watched
            self._silence.forget()
            faded = 0.5 ** ((ends - seconds - self.last) / HALF_LIFE)
            self.recent, self.offset = self.recent.faded(faded), self.offset * faded
        if self._hour is None or moment.started != self._hour.started:
            self._next_hour(moment)
        self.last = ends
        self._number += 1
        self._offsets.appendleft(self.offset)
        usual = self.season.at(moment)
        self._entered, self._length = self._scale.sum(amount, base, usual), seconds
        if self._side < 0:
            cluster = self._spreads.short[-1].cluster
            self._silence.enter(self._entered, self.offset, seconds, self.season.hours, cluster)
        excused = self.season.recurring.nearer(moment.step, self._scale.start(amount, base) - usual - self.offset)
        self.latest.append(ends, self._scale.sum(amount, base, usual + excused) if excused else self._entered, traffic)
        self._step = moment.step
        self._doubt = self.season.doubt(moment.hour, self._noise(self.latest.at(-1).total.faded(LONG.windows)))
        self._judged = [self._judge(place) for place in range(len(SHORT))]

    def findings(self, part: float) -> Iterator[Finding]:
        """Return how the latest window deviates, and longer times if their score is beyond this part of that which
        alerts. Of a young series it is shown, but never beyond.
        """
        if self._number <= _YOUNG:
            young = self._finding(SHORT[0], self._judged[0], self._edge(SHORT[0], self._spreads.short[0]))
            yield young._replace(severity=min(young.severity, 1.0))
            return
        for place, reach in enumerate(SHORT):
            judged, edge = self._beside_season(self._judged[place]), self._edge(reach, self._spreads.short[place])
            lasts = reach.windows < LASTING or self._lasts(1, judged.total)
            if not place or (self._side * judged.score > part * edge and lasts):
                yield self._finding(reach, judged, edge)
        if len(self.latest) >= LONG.windows and self.season.hours >= 3:
            judged, edge = self._judge_long(), self._edge(LONG, self._spreads.hourly)
            if self._side * judged.score > part * edge and self._lasts(LASTING, self.latest.last(LONG.windows).total):
                yield self._finding(LONG, judged, edge)
        if self._lasting is not None:
            finding, total = self._lasting
            if self._lasts(LONG.windows, total) and self._lasts(LASTING, total):
                yield finding
        if self._silence.severity > part:
            yield self._silent()

    def band(self) -> tuple[float, float]:
        """Return what is expected of the latest window, and the value beyond which it alerts; before there is one, as
        if it had been like the level.
        """
        start = Judged(
            self._scale.sum(1.0, _FIRST_BASE, self.season.level), 0.0, self._spreads.short[0].deviation, 0.0, 0.0
        )
        judged = self._beside_season(self._judged[0]) if self._judged else start
        edge = self._side * self._edge(SHORT[0], self._spreads.short[0])
        _, expected, limit = self._scale.values(judged.total, judged.deviation, judged.shift, edge)
        return expected, limit

    def band_at(self, moment: Moment, seconds: float) -> tuple[float, float, float]:
        """Return what the season expects at a moment per second, with the values beyond which a window alerts."""
        spread, hourly = self._spreads.short[0], self._spreads.hourly
        total = self._scale.sum(0.0, seconds, self.season.at(moment)).faded(1 / spread.cluster)
        doubt = self.season.doubt(moment.hour, self._noise(total.faded(HOUR / seconds)))
        deviation = sqrt(spread.deviation**2 + hourly.deviation**2 + doubt)
        edge = self._edge(SHORT[0], spread)
        _, expected, high = self._scale.values(total, deviation, 0.0, edge)
        return expected, self._scale.values(total, deviation, 0.0, -edge)[2], high

    def _silent(self) -> Finding:
        """Return the finding of a silence that is longer than usual; a single event would have ended it."""
        silence = self._silence
        expected, limit = silence.expected / silence.seconds, 1 / silence.seconds
        return Finding(
            silence.severity, 0.0, expected, limit, 0.0, SHORT[0].least, silence.windows, silence.seconds
        )  # fmt: skip

    def _edge(self, reach: Reach, spread: Spread) -> float:
        """Return the score beyond which a time alerts."""
        is_beside = self.whole is not None and self._side > 0
        return self.care * (reach.beside if is_beside else reach.factor) * spread.tail

    def _finding(self, reach: Reach, judged: Judged, edge: float) -> Finding:
        total, traffic, deviation, shift, score = judged
        value, expected, limit = self._scale.values(total, deviation, shift, self._side * edge)
        seconds = _HOURS * HOUR if reach is LONGEST else min(reach.windows, len(self.latest)) * self._length
        return Finding(self._side * score / edge, value, expected, limit, traffic, reach.least, reach.windows, seconds)

    def _judge(self, place: int) -> Judged:
        windows = SHORT[place].windows
        total, traffic = self.latest.last(windows)
        thin = 1 / self._spreads.short[place].cluster
        total, deviation = total.faded(thin), self._width(self._spreads.short[place])
        shift = self._shift(windows)
        if windows == 2 and len(self.latest) > 1:  # both must be beyond
            both = [self._scale.score(self.latest.at(at).total.faded(thin), deviation, shift) for at in (-1, -2)]
            return Judged(total, traffic, deviation, shift, min(both) if self._side > 0 else max(both))
        return Judged(total, traffic, deviation, shift, self._scale.score(total, deviation, shift))

    def _shift(self, windows: int) -> float:
        """Return what is expected of the latest windows beyond the season: the offset before them. A part is excused by
        what the rest of the whole does in these windows, besides how its offset differs from that of the whole.
        """
        offset = self._offset_before(windows)
        if self.whole is None:
            return offset
        beside = offset - self.whole._offset_before(windows) + self._rest(windows)
        return self._side * max(self._side * offset, self._side * beside)

    def _excused(self, windows: int) -> float:
        """Return what the rest of the whole does in the latest windows, if that is on the side that alerts."""
        return self._side * max(0.0, self._side * self._rest(windows))

    def _rest(self, windows: int) -> float:
        """Return how the rest of the whole deviates from its season in the latest windows."""
        if self.whole is None:
            return 0.0
        whole, own = self.whole.latest.last(windows).total, self.latest.last(windows).total
        rest = Sum(max(0.0, whole.seen - own.seen), max(0.0, whole.expected - own.expected), 0.0)
        return self._scale.deviation(rest, _REST)

    def _offset_before(self, windows: int) -> float:
        return self._offsets[min(windows, len(self._offsets)) - 1]

    def _beside_season(self, judged: Judged) -> Judged:
        """Once the week is known, return the score that is nearer to 0: with the offset, or without it. What comes back
        to the usual of the season is no deviation: that a crawler has left is no drop.
        """
        if self._side * judged.shift >= 0 or self.season.hours < HOURS_OF_WEEK:
            return judged
        alone = self._scale.score(judged.total, judged.deviation, 0.0)
        nearer = min(self._side * judged.score, self._side * alone)
        return judged._replace(shift=0.0, score=self._side * nearer)

    def _judge_long(self) -> Judged:
        hourly = self._spreads.hourly
        deviation = sqrt(hourly.deviation**2 + self._doubt)
        total, traffic = self.latest.last(LONG.windows)
        total, shift = total.faded(1 / hourly.cluster), self._excused(LONG.windows)
        return Judged(total, traffic, deviation, shift, self._scale.score(total, deviation, shift))

    def _lasts(self, windows: int, total: Sum) -> bool:
        """Return whether the latest windows still deviate, by nearly half as much as a longer time."""
        now, of_all = (self._scale.deviation(each, 0.5) for each in (self.latest.last(windows).total, total))
        return self._side * now > 0.4 * self._side * of_all

    def _width(self, spread: Spread) -> float:
        """Return the deviation of short times, which is greater where the season is not known and changes fast."""
        return sqrt(spread.deviation**2 + min(0.02, 0.05 * self._doubt))

    def _noise(self, hour: Sum) -> float:
        """Return the variance of the deviation of an hour in which so much is expected."""
        return self._spreads.hourly.deviation**2 + 1 / (hour.expected / self._spreads.hourly.cluster + 0.5)

    # To learn -------------------------------------------------------------------------------------------------------

    def learn(self, beyond: bool, alerting: bool) -> None:
        """Learn from the latest window: whether it was beyond the limit, and whether there is an alert now."""
        total = self.latest.at(-1).total
        alerting = alerting and self.season.hours >= HOURS_OF_WEEK  # before, it may be what weeks are like
        goes_on = alerting and self._alerting
        if alerting and not goes_on:
            self._spreads.unlearn()
        self._alerting = alerting
        beyond = beyond or self._is_other_side()
        self._windows_in_hour += 1
        self._beyond += beyond
        self._beyond_before = self._beyond_before + 1 if beyond else 0
        if self._beyond_before <= 1 and not goes_on:  # what goes on counts once
            for place, (reach, judged) in enumerate(zip(SHORT, self._judged, strict=True)):
                if self._number % max(1, reach.windows - 2) == 0:
                    self._spreads.short[place].learn(judged.score, self._side, judged.total.expected)
            self._spreads.order_clusters()
        self._counted += self._entered
        self._steps[self._step] = self._steps.get(self._step, NOTHING) + self._entered
        if not beyond:
            self._follow(total)

    def _is_other_side(self) -> bool:
        """Return whether the latest windows are just as far beyond the side that does not alert.

        The end of a flood must not look like a drop.
        """
        return any(
            -self._side * judged.score > self._edge(reach, spread)
            for reach, judged, spread in zip(SHORT, self._judged, self._spreads.short, strict=True)
        )

    def _follow(self, total: Sum) -> None:
        seconds = self.latest.windows[-1][0] - self.latest.windows[-2][0] if len(self.latest) > 1 else 120.0
        self.recent = self.recent.faded(0.5 ** (seconds / HALF_LIFE)) + total
        hourly, recent = self._spreads.hourly, self.recent.faded(1 / self._spreads.short[0].cluster)
        doubt = hourly.deviation**2 + self._doubt
        reach = hourly.tail * sqrt(doubt) if self.season.hours >= 3 else 10.0
        self.offset = min(max(self._scale.deviation(recent, 1 / doubt), -reach), reach)

    def _next_hour(self, moment: Moment) -> None:
        """Learn from the hour that ended. The offset of an hour that was new says nothing about known ones."""
        was_new = self._hour is not None and self.season.is_new(self._hour.hour)
        self._end_hour()
        if was_new and not self.season.is_new(moment.hour):
            self._forget_offset()
        self._hour = moment

    def _forget_offset(self) -> None:
        self.recent, self.offset = NOTHING, 0.0
        self._offsets.clear()
        self._offsets.append(0.0)

    def _end_hour(self) -> None:
        if self._hour is None or not self._windows_in_hour:
            return
        beyond = self._beyond > self._windows_in_hour / 2
        self._judge_day(self._counted, beyond)
        self._learn_steps()
        self.learn_hour(self._hour, self._counted, beyond)
        self._counted, self._beyond, self._windows_in_hour = NOTHING, 0, 0
        self._steps.clear()
        self._spreads.keep()

    def _learn_steps(self) -> None:
        """Learn what recurs, from how far each step of the hour was from the whole hour."""
        spread, of_hour = self._spreads.short[1], self._scale.deviation(self._counted, 0.5)
        if not self._counted.seen:
            return
        for step, total in self._steps.items():
            noise = spread.deviation**2 + 1 / (total.expected / spread.cluster + 0.5)
            self.season.recurring.learn(step, self._scale.deviation(total, 0.5) - of_hour, noise)
        self.season.recurring.balance(self._step)

    def learn_hour(self, moment: Moment, counted: Sum, beyond: bool) -> None:
        """Learn from an hour. Those beyond the band count only if they do not end for days."""
        if not counted.seen and counted.expected >= _ENOUGH_EVENTS:
            return
        hour = moment.hour
        total = counted.faded(1 / self._spreads.hourly.cluster)
        deviation = self._scale.deviation(total, 0.5)
        noise = self._noise(counted)
        self._strange.append(deviation if beyond else None)
        if not beyond:
            width = sqrt(self._spreads.hourly.deviation**2 + self.season.doubt(hour, noise))
            if not self._alerting:
                self._spreads.hourly.learn(self._scale.score(total, width, 0.0), self._side, total.expected)
            self.season.learn(hour, deviation, noise)
        elif self._is_new_level():
            found = sorted(each for each in self._strange if each is not None)
            self.season.level += found[len(found) // 2]
            self.restart()

    def recall_hour(self, moment: Moment, ends: float, amount: float, base: float) -> None:
        """Learn from an hour of an earlier run."""
        if self._hour is not None and self._windows_in_hour:
            self._end_hour()
        total = self._scale.sum(amount, base, self.season.smooth(moment))
        width = sqrt(self._spreads.hourly.deviation**2 + self.season.doubt(moment.hour, self._noise(total)))
        score = abs(self._scale.score(total.faded(1 / self._spreads.hourly.cluster), width, 0.0))
        settled = self.season.hours >= HOURS_OF_WEEK
        self.learn_hour(moment, total, settled and score > self._edge(LONG, self._spreads.hourly))
        self.last = ends
        self._number += LONG.windows
        self._hour = None

    def _judge_day(self, counted: Sum, beyond: bool) -> None:
        """Judge the last hours together, and learn how far they usually are from the season.

        Hours that alerted begin anew: what is found here are slow changes that did not.
        """
        self._lasting = None
        if beyond or self._beyond:
            self._hours.clear()
            return
        self._hours.append(counted)
        if len(self._hours) < _HOURS or self.season.hours < KNOWN_AFTER:
            return
        total = NOTHING
        for each in self._hours:
            total += each
        daily = self._spreads.daily
        thin, edge = total.faded(1 / daily.cluster), self._edge(LONGEST, daily)
        deviation = sqrt(daily.deviation**2 + self._doubt / 2)
        judged = Judged(thin, inf, deviation, 0.0, self._scale.score(thin, deviation, 0.0))
        if self._side * judged.score > edge:
            self._lasting = self._finding(LONGEST, judged, edge), total
        elif self.season.hours % 3 == 0:
            daily.learn(judged.score, self._side, thin.expected)

    def _is_new_level(self) -> bool:
        strange = [each > 0 for each in self._strange if each is not None]
        enough = len(self._strange) == NEW_LEVEL and len(strange) >= MOSTLY * NEW_LEVEL
        return enough and len(set(strange)) == 1

    def shift(self, factor: float) -> None:
        """Take a level that is higher by this factor than what is expected as usual."""
        self.season.level += log(factor) + self.offset
        self.restart()

    def settle(self) -> None:
        """Forget the windows that an alert was about when it ends, so that longer times do not tell it again."""
        judged = self._judged
        self._forget()
        self._judged, self._lasting = judged, None
        self._hours.clear()

    def restart(self) -> None:
        """Forget the offset and the windows, as after a change of the level."""
        self._forget()
        self._forget_offset()
        self._counted, self._lasting = NOTHING, None
        self._steps.clear()
        self._hours.clear()
        self._strange.clear()
        self._beyond = self._windows_in_hour = self._beyond_before = 0

    def _forget(self) -> None:
        self.latest.clear()
        self._judged = []
