"""The user chooses what a signal is compared with, for the running monitor and after a restart."""

from alerting_records import Watch, requests

from alerting.events import AlertDismissed, AlertRaised, BaselineChosen, Learned
from alerting.habits import Chosen, Habits
from alerting.signals.request_rate import RequestRate
from alerting.signals.unanswered import Unanswered
from alerting.states import State
from alerting.terms import BaselineKind, Terms


def alerting(setting: BaselineKind = "fixed") -> Watch:
    """Return a monitor at time 200 that has learned 100 requests per 100 s, and raised an alert at 200."""
    terms = Terms(100, 100, 86400, baselines={"request_rate": setting})
    watch = Watch([RequestRate(10, 100), Unanswered(10, 100)], terms)
    watch.add(requests(0, 100))
    watch.advance(100)
    watch.add(requests(150, 200))
    assert [type(event) for event in watch.advance(200)] == [AlertRaised]
    return watch


def test_another_baseline_is_learned_anew_and_the_alert_ends() -> None:
    watch = alerting()
    ended, chosen = watch.monitor.choose_baseline("request_rate", "seasonal", 200)
    assert isinstance(ended, AlertDismissed)
    assert chosen == BaselineChosen(200, "request_rate", "seasonal")
    assert (watch.monitor.state, watch.monitor.baseline) == (State.LEARNING, None)
    watch.add(requests(250, 200))
    assert watch.advance(300) == [Learned(300, 200, "request_rate")]
    assert (watch.monitor.judges[0].kind, watch.monitor.band([350])[0] is None) == ("seasonal", False)


def test_what_it_is_compared_with_already_is_no_choice() -> None:
    watch = alerting()
    assert watch.monitor.choose_baseline("request_rate", "fixed", 200) == []
    assert watch.monitor.choose_baseline("nothing", "seasonal", 200) == []
    assert watch.monitor.state is State.ALERT


def test_there_is_a_way_back() -> None:
    watch = alerting()
    watch.monitor.choose_baseline("request_rate", "seasonal", 200)
    watch.monitor.choose_baseline("request_rate", "fixed", 200)
    watch.add(requests(250, 300))
    watch.advance(300)
    assert (watch.monitor.baseline, watch.monitor.band([350])) == (300, [None])
    assert watch.monitor.habits.baselines == {}


def test_who_learns_again_keeps_what_was_chosen() -> None:
    watch = alerting()
    watch.monitor.choose_baseline("request_rate", "seasonal", 200)
    watch.monitor.relearn(200)
    assert [judge.kind for judge in watch.monitor.judges] == ["seasonal", "fixed"]
    watch.add(requests(250, 200))
    watch.advance(300)
    assert watch.monitor.band([350])[0] is not None


def test_the_window_of_the_others_goes_on() -> None:
    watch = alerting()
    watch.add(requests(210, 200))
    assert watch.monitor.choose_baseline("unanswered", "previous", 250) == [
        BaselineChosen(250, "unanswered", "previous")
    ]
    assert (watch.monitor.closes, watch.monitor.count) == (300, 200)
    watch.monitor.choose_baseline("request_rate", "previous", 250)
    assert (watch.monitor.opens, watch.monitor.closes) == (250, 350)


def test_it_survives_a_restart_unless_the_setting_was_changed_since() -> None:
    before = alerting()
    before.monitor.choose_baseline("request_rate", "seasonal", 200)
    habits = before.monitor.habits
    assert habits.baselines == {"request_rate": Chosen("seasonal", "fixed")}
    assert restored("fixed", habits) == ("seasonal", habits.baselines)
    assert restored("previous", habits) == ("previous", {})
    assert restored("seasonal", habits) == ("seasonal", {})


def restored(setting: BaselineKind, habits: Habits) -> tuple[BaselineKind, object]:
    """Return what the request rate is compared with after a restart with a setting, and what is kept of choices."""
    after = Watch([RequestRate(10, 100)], Terms(100, 100, 86400, baselines={"request_rate": setting}), None)
    after.monitor.restore_habits(habits)
    return after.monitor.judges[0].kind, after.monitor.habits.baselines
