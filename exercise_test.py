"""Tests the alerting logic with stories, and every pair of state and trigger.

    python exercise_test.py

Stories run in packet time: nothing sleeps.
"""

# ruff: noqa: PT009, PT027 # plain unittest, because it runs without pytest

import unittest

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Learned, LearningRestarted
from alerting.monitor import Monitor
from alerting.rule import Rule
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.states import IllegalTrigger, State, Trigger, next_state
from alerting.terms import Terms
from traffic.batch import RecordBatch
from traffic.records import Request

LEARNING, NORMAL, ALERT, DISMISSED = State.LEARNING, State.NORMAL, State.ALERT, State.DISMISSED
LEARNED, EMPTY, EXCEEDED, WITHIN, REFRESHED, RELEARN = (
    Trigger.LEARNED,
    Trigger.EMPTY,
    Trigger.EXCEEDED,
    Trigger.WITHIN,
    Trigger.REFRESHED,
    Trigger.RELEARN,
)
ILLEGAL = None

TABLE = {
    LEARNING: {
        LEARNED: NORMAL,
        EMPTY: LEARNING,
        EXCEEDED: ILLEGAL,
        WITHIN: ILLEGAL,
        REFRESHED: LEARNING,
        RELEARN: LEARNING,
    },
    NORMAL: {LEARNED: ILLEGAL, EMPTY: ILLEGAL, EXCEEDED: ALERT, WITHIN: NORMAL, REFRESHED: NORMAL, RELEARN: LEARNING},
    ALERT: {LEARNED: ILLEGAL, EMPTY: ILLEGAL, EXCEEDED: ALERT, WITHIN: DISMISSED, REFRESHED: ALERT, RELEARN: LEARNING},
    DISMISSED: {
        LEARNED: ILLEGAL,
        EMPTY: ILLEGAL,
        EXCEEDED: ALERT,
        WITHIN: NORMAL,
        REFRESHED: NORMAL,
        RELEARN: LEARNING,
    },
}
"""The table of the design, written independently."""

START = 1_700_000_000.0
BUCKET = 120


def request(time: float) -> Request:
    """Return a request; all are alike but for their time."""
    return Request(time, "198.51.100.7", 40000, "192.0.2.1", 80, "GET", "example.com", "/", "1.1", "", "")


class Story:
    """Drives a monitor through packet time, in seconds since START; buckets of 120 s, threshold 10 %.

    `rules` are signals besides the request rate.
    """

    def __init__(self, *rules: Rule, learning: float = BUCKET, threshold: float = 10, retention: float = 86400) -> None:
        terms = Terms(BUCKET, learning, retention, baselines={"traffic_drop": "previous"})
        self.monitor = Monitor([RequestRate(threshold, BUCKET), *rules], terms)
        self.monitor.start(START)
        self.now = 0.0
        self.events: list[Event] = []

    def given(self, requests: int, seconds: float = BUCKET) -> list[Event]:
        """Spread `requests` evenly over the next `seconds`, and return the events."""
        times = (START + self.now + seconds * number / requests for number in range(requests))
        self.monitor.add(RecordBatch(map(request, times)))
        return self.wait(seconds)

    def wait(self, seconds: float) -> list[Event]:
        """Send no request for `seconds`, and return the events."""
        self.now += seconds
        events = self.monitor.advance(START + self.now)
        self.events += events
        return events

    def refresh(self) -> State:
        """Refresh the dashboard now, and return the state that it shows."""
        self.monitor.refreshed(START + self.now)
        return self.monitor.state

    @property
    def state(self) -> State:
        """The worst state of all signals."""
        return self.monitor.state

    @property
    def alerts(self) -> list[Alert]:
        """The alert history, latest first."""
        return list(self.monitor.history.alerts)


def enforcing(baseline: int = 100, **settings: float) -> Story:
    """Return a story in which `baseline` requests per bucket were learned."""
    story = Story(**settings)
    story.given(baseline)
    return story


class TableTest(unittest.TestCase):
    """Every pair of state and trigger."""

    def test_every_pair_follows_the_design(self) -> None:
        """24 pairs: 17 with a next state, 7 illegal."""
        pairs = [(state, trigger) for state in State for trigger in Trigger]
        self.assertEqual(len(pairs), sum(len(row) for row in TABLE.values()))
        for state, trigger in pairs:
            with self.subTest(state=state.name, trigger=trigger.name):
                expected = TABLE[state][trigger]
                if expected is ILLEGAL:
                    with self.assertRaises(IllegalTrigger):
                        next_state(state, trigger)
                else:
                    self.assertIs(next_state(state, trigger), expected)

    def test_an_illegal_trigger_is_named_with_its_state(self) -> None:
        """The message names both for the programmer."""
        with self.assertRaisesRegex(IllegalTrigger, "EXCEEDED is illegal in state LEARNING"):
            next_state(LEARNING, EXCEEDED)


class LearningTest(unittest.TestCase):
    """The baseline is learned."""

    def test_120_s_at_5_requests_per_second_is_a_baseline_of_600(self) -> None:
        """120 s x 5 requests/s are 600 per bucket."""
        story = Story()
        self.assertEqual(story.given(600), [Learned(START + 120, 600)])
        self.assertIs(story.state, NORMAL)
        self.assertEqual(story.monitor.limit, 660)

    def test_the_whole_learning_time_counts(self) -> None:
        """A rush in the first seconds is part of the baseline, and no alert is raised meanwhile."""
        story = Story(learning=300)
        self.assertEqual(story.given(5000, 10) + story.wait(289), [])
        self.assertIs(story.state, LEARNING)
        self.assertEqual(story.wait(1), [Learned(START + 300, 2000)])

    def test_the_baseline_is_per_bucket_whatever_learning_took(self) -> None:
        """60 s of learning at 1 request/s is 120 per bucket; 2.5 becomes 3."""
        for learning, requests, baseline in ((60, 60, 120), (240, 60, 30), (240, 5, 3), (360, 100, 33)):
            with self.subTest(learning=learning, requests=requests):
                story = Story(learning=learning)
                self.assertEqual(story.given(requests, learning), [Learned(START + learning, baseline)])

    def test_little_traffic_is_not_rounded_down_to_zero(self) -> None:
        """One request in 20 minutes is a baseline of 1, because there was traffic."""
        story = Story(learning=1200)
        self.assertEqual(story.given(1, 1200), [Learned(START + 1200, 1)])

    def test_zero_requests_restart_learning(self) -> None:
        """Learning restarts until there is a request."""
        story = Story()
        self.assertEqual(story.wait(120), [LearningRestarted(START + 120)])
        self.assertEqual(story.wait(120), [LearningRestarted(START + 240)])
        self.assertIs(story.state, LEARNING)
        self.assertEqual(story.monitor.elapsed(START + 250), 10)
        self.assertEqual(story.given(70), [Learned(START + 360, 70)])

    def test_progress_can_be_read(self) -> None:
        """The dashboard shows count, rate and remaining time."""
        story = Story()
        story.given(150, 30)
        now = START + 30
        monitor = story.monitor
        self.assertEqual((monitor.count, monitor.elapsed(now), monitor.rate(now)), (150, 30, 5.0))
        self.assertEqual(monitor.next_check(now), 90)
        self.assertIsNone(monitor.baseline)
        self.assertIsNone(monitor.limit)


class EnforcingTest(unittest.TestCase):
    """Alerts are raised, continued and dismissed."""

    def test_only_values_above_the_limit_alert(self) -> None:
        """It holds even if floats are slightly off: 100 x 1.15 is 114.99999999999999."""
        cases = ((100, 10, 110), (100, 15, 115), (600, 10, 660), (1000, 0.1, 1001), (7, 0, 7), (10, 15, 11))
        for baseline, threshold, highest in cases:
            with self.subTest(baseline=baseline, threshold=threshold):
                story = enforcing(baseline, threshold=threshold)
                self.assertEqual(story.given(highest), [])
                self.assertIs(story.state, NORMAL)
                (raised,) = story.given(highest + 1)
                self.assertIsInstance(raised, AlertRaised)
                self.assertIs(story.state, ALERT)

    def test_an_alert_is_triggered_at_the_end_of_its_bucket_and_not_before(self) -> None:
        """The bucket is judged as a whole. The client has as large a share as before, so it is not named."""
        story = enforcing(100)
        self.assertEqual(story.given(500, 60) + story.wait(59), [])
        self.assertIs(story.state, NORMAL)
        alert = Alert("request_rate", START + 240, None, 500, 500, 100, 10, 110, SignalUnit.HITS)
        self.assertEqual(story.wait(1), [AlertRaised(START + 240, alert)])
        self.assertEqual(story.alerts, [alert])

    def test_consecutive_exceeding_buckets_are_one_alert(self) -> None:
        """It keeps the hits that raised it, follows the peak, and ends with the first bucket within the limit."""
        story = enforcing(100)
        events = [story.given(count)[0] for count in (200, 500, 300, 100)]
        kinds = [AlertRaised, AlertContinued, AlertContinued, AlertDismissed]
        self.assertEqual([type(event) for event in events], kinds)
        (alert,) = story.alerts
        self.assertEqual((alert.start, alert.end), (START + 240, START + 600))
        self.assertEqual((alert.value, alert.peak), (200, 500))
        self.assertEqual((alert.baseline, alert.threshold, alert.limit), (100, 10, 110))

    def test_the_baseline_stays_as_learned(self) -> None:
        """Lasting high traffic does not become the baseline."""
        story = enforcing(100)
        for _ in range(20):
            story.given(1000)
        self.assertEqual(story.monitor.baseline, 100)
        self.assertEqual(len(story.alerts), 1)

    def test_two_rushes_with_a_calm_bucket_between_are_two_alerts(self) -> None:
        """The first dismissal may still be on the screen."""
        story = enforcing(100)
        for count in (200, 100):
            story.given(count)
        self.assertIs(story.state, DISMISSED)
        story.given(300)
        self.assertIs(story.state, ALERT)
        self.assertIsNone(story.monitor.dismissed_at)
        self.assertEqual([alert.value for alert in story.alerts], [300, 200])

    def test_an_outage_ends_an_alert(self) -> None:
        """A bucket without requests is within the limit."""
        story = enforcing(100)
        story.given(200)
        self.assertIsInstance(story.wait(120)[0], AlertDismissed)


class RefreshTest(unittest.TestCase):
    """A dismissal stays on the screen for one refresh."""

    def dismissed(self) -> Story:
        """Return a story whose alert was just dismissed."""
        story = enforcing(100)
        story.given(200)
        story.refresh()
        story.given(100)
        return story

    def test_the_first_refresh_shows_the_dismissal_and_the_next_removes_it(self) -> None:
        """It is shown once."""
        story = self.dismissed()
        self.assertIs(story.refresh(), DISMISSED)
        self.assertEqual(story.monitor.dismissed_at, START + 360)
        story.wait(10)
        self.assertIs(story.refresh(), NORMAL)
        self.assertIsNone(story.monitor.dismissed_at)

    def test_drawing_twice_at_the_same_time_is_one_refresh(self) -> None:
        """Resizing the window does not remove the message."""
        story = self.dismissed()
        self.assertIs(story.refresh(), DISMISSED)
        self.assertIs(story.refresh(), DISMISSED)

    def test_a_bucket_within_removes_it_too(self) -> None:
        """Refreshes may be rarer than buckets."""
        story = self.dismissed()
        story.given(100)
        self.assertIs(story.state, NORMAL)

    def test_the_second_dismissal_is_shown_as_long_as_the_first(self) -> None:
        """Showing the first dismissal does not count for the second."""
        story = self.dismissed()
        story.refresh()
        story.given(200)
        story.given(100)
        self.assertIs(story.refresh(), DISMISSED)
        story.wait(10)
        self.assertIs(story.refresh(), NORMAL)

    def test_refreshes_change_nothing_else(self) -> None:
        """A refresh matters only after a dismissal."""
        story = Story()
        self.assertIs(story.refresh(), LEARNING)
        story.given(100)
        self.assertIs(story.refresh(), NORMAL)
        story.given(200)
        self.assertIs(story.refresh(), ALERT)
        story.wait(10)
        self.assertIs(story.refresh(), ALERT)


class HistoryTest(unittest.TestCase):
    """The history keeps alerts for the retention."""

    def test_longest_and_average_duration(self) -> None:
        """Alerts of 1 and 3 buckets, then an active one that counts up to now."""
        story = enforcing(100)
        for count in (200, 100, 200, 200, 200, 100):
            story.given(count)
        history, now = story.monitor.history, START + story.now
        self.assertEqual((history.longest(now), history.average(now)), (360, 240))
        story.given(200)
        now = START + story.now
        self.assertEqual(history.average(now), 160)
        self.assertEqual((history.longest(now + 1000), history.average(now + 1080)), (1000, 520))

    def test_without_alerts_there_are_no_durations(self) -> None:
        """They are None rather than zero."""
        history = enforcing(100).monitor.history
        self.assertEqual((history.longest(START), history.average(START), history.active), (None, None, ()))

    def test_alerts_are_deleted_after_the_retention(self) -> None:
        """An alert of 24 h ago is kept, and deleted a second later."""
        story = enforcing(100)
        for count in (200, 100):
            story.given(count)
        story.wait(86400)
        self.assertEqual(len(story.alerts), 1)
        story.wait(1)
        self.assertEqual(story.alerts, [])

    def test_an_active_alert_is_never_deleted(self) -> None:
        """Its age does not matter."""
        story = enforcing(10, retention=600)
        for _ in range(20):
            story.given(20)
        self.assertEqual([alert.start for alert in story.alerts], [START + 240])


class OtherSignalsTest(unittest.TestCase):
    """Signals that alert below their limit learn and change state in the same way."""

    def setUp(self) -> None:
        """120 s at 5 requests/s were learned; 60 % below the previous buckets is a drop."""
        self.story = Story(TrafficDrop(60, floor=1))
        self.story.given(600)
        self.drop = self.story.monitor.judges[1]

    def test_an_outage_is_a_drop_until_it_ends(self) -> None:
        """Its empty buckets do not become the baseline, however long it lasts."""
        (raised,) = self.story.wait(BUCKET)
        self.assertIsInstance(raised, AlertRaised)
        self.assertIs(self.drop.state, ALERT)
        self.story.wait(3600)
        self.assertIs(self.drop.state, ALERT)
        (dismissed,) = self.story.given(600)
        self.assertIsInstance(dismissed, AlertDismissed)
        self.assertEqual([alert.duration(START) for alert in self.story.alerts], [3720])

    def test_only_values_below_the_limit_are_a_drop(self) -> None:
        """40 % of 600 requests are 240."""
        self.assertEqual(self.story.given(240), [])
        (raised,) = self.story.given(239)
        self.assertIsInstance(raised, AlertRaised)

    def test_both_signals_may_alert_one_after_the_other_and_both_are_in_the_history(self) -> None:
        """A rush, then an outage."""
        self.story.given(1000)
        self.story.wait(BUCKET)
        self.assertIs(self.story.state, ALERT, "the worst of both")
        self.assertEqual([judge.state for judge in self.story.monitor.judges], [DISMISSED, ALERT])
        self.assertEqual([alert.signal for alert in self.story.alerts], ["traffic_drop", "request_rate"])


if __name__ == "__main__":
    unittest.main()
