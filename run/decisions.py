"""What the user decides about signals: it is acted on, reported as events, and kept for the next run."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, Protocol

from alerting.events import Acknowledged, Event, Relearning
from alerting.habits import Habits
from alerting.monitor import Monitor
from alerting.terms import KINDS, BaselineKind, Choice
from run.earlier import Earlier
from store.sums import ClosedBucket

CHOICES: Final[tuple[Choice, ...]] = (*KINDS, "setting")
"""What the user can choose that a signal is compared with."""


class Memory(Protocol):
    """Anything that keeps what the user decided about signals."""

    def keep_habits(self, habits: Habits) -> None:
        """Keep them, in place of what was kept before."""

    def learned(self, now: float, wanted: Collection[str]) -> Iterable[ClosedBucket]:
        """Return what was counted before `now` for the wanted statistics, oldest first."""


class Decisions:
    """Acts on what the user decides about the signals of `monitor`, and reports it. With `earlier`, a season that is
    chosen learns from earlier runs, if they are remembered.
    """

    def __init__(
        self,
        monitor: Monitor,
        now: Callable[[], float],
        report: Callable[[Iterable[Event]], None],
        earlier: Earlier | None = None,
    ) -> None:
        """`now` returns the time up to which everything was judged."""
        self._monitor = monitor
        self._now = now
        self._report = report
        self._earlier = earlier
        self._memory: Memory | None = None
        self._kept = Habits()

    def remember(self, memory: Memory, habits: Habits) -> None:
        """Act on what the user decided in earlier runs, and have it kept from now on. Call this before anything is
        learned from earlier runs.
        """
        self._monitor.restore_habits(habits)
        self._memory, self._kept = memory, self._monitor.habits

    def keep(self) -> None:
        """Have what the user decided kept, if it changed."""
        habits = self._monitor.habits
        if self._memory is not None and habits != self._kept:
            self._kept = habits
            self._memory.keep_habits(habits)

    def relearn(self, signal: str = "") -> None:
        """Let a signal learn again, or all of them, which is told once."""
        events = self._monitor.relearn(self._now(), signal)
        others = [event for event in events if not isinstance(event, Relearning)]
        self._report([*others, Relearning(self._now(), signal)])

    def accept(self, signal: str) -> None:
        """Take the present of a signal as usual."""
        self._report(self._monitor.accept(signal, self._now()))

    def acknowledge(self, about: str) -> None:
        """Note that the user has seen the active alert of a signal."""
        new = [each for each in self._monitor.history.active if each.signal == about and not each.acknowledged]
        self._monitor.acknowledge(about)
        self._report(Acknowledged(self._now(), about, alert) for alert in new)

    def mute(self, about: str, seconds: float) -> None:
        """Mute a signal for so long, `math.inf` for until that is ended; 0 ends it. The next step tells of it."""
        self._monitor.mute(about, self._now() + seconds)

    def choose_baseline(self, signal: str, kind: Choice) -> BaselineKind | None:
        """Compare a signal with something else, as its setting says or not; return what that is, None if it is so
        already. It is learned anew: a season from what earlier runs and this one counted, if that is kept.
        """
        wanted = self._setting(signal) if kind == "setting" else kind
        if self._earlier is not None:
            self._earlier.learn_all()
        events = self._monitor.choose_baseline(signal, wanted, self._now())
        if events and self._earlier is not None and self._memory is not None:
            past = self._memory.learned(self._monitor.opens, self._earlier.wanted(signal))
            self._earlier.learn_from(past, signal)
        self._report(events)
        return wanted if events else None

    def _setting(self, signal: str) -> BaselineKind:
        return next(judge.setting for judge in self._monitor.judges if judge.rule.name == signal)

    @property
    def offers(self) -> Mapping[str, str]:
        """Why the user should choose a season for some signals."""
        return {judge.rule.name: judge.offer for judge in self._monitor.judges if judge.offer}
