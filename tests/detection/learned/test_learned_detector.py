"""Requests that a model takes for bad: what is found, with which reasons, and how often."""

import numpy as np
from labelled import PLACES, visit

from detection.detectors.learned import EXPLAINED, PAUSE, Learned
from detection.learned.inputs import FEATURES, steps
from detection.learned.model import Linear, Model
from detection.learned.words import difference, tendency
from detection.unseen.features import amount
from traffic.batch import RecordBatch
from traffic.finding import MEDIUM, Finding
from traffic.records import Exchange

NAMES = tuple(feature.name for feature in FEATURES)


def model(threshold: float = 0.8) -> Model:
    """Return a model that minds quotation marks, and missing pages by what the labels said of their status."""
    weights = np.zeros(len(FEATURES))
    weights[PLACES["quotes"]], weights[PLACES["status"]] = 1.0, 0.02
    status = np.full(256, 100, np.uint8)
    status[404 % 256] = 200
    usual = np.zeros(len(FEATURES), np.uint8)
    usual[PLACES["status"]] = 100
    return Model(NAMES, {PLACES["status"]: status}, usual, Linear(-6.0, weights), threshold, 100, 50)


def found(*visits: Exchange, threshold: float = 0.0) -> list[Finding]:
    detector = Learned(threshold)
    detector.use(model())
    return [finding for each in visits for finding in detector.look(RecordBatch([each]))]


def test_a_request_like_the_bad_ones_is_a_finding_that_names_score_and_features() -> None:
    (finding,) = found(visit("203.0.113.9", 3, quotes=6, status=404))
    assert (finding.rule, finding.detector, finding.severity) == ("learned", "learned", MEDIUM)
    assert (finding.client, finding.host, finding.path) == ("203.0.113.9", "shop.example", "/items/3")
    assert finding.reason == (
        "203.0.113.9 asked for shop.example/items/3, like what was labelled bad: score 98.2 %, 80.0 % are enough; "
        "quotation marks in values 6 (usually 0); unusual status"
    )


def test_an_ordinary_request_is_not() -> None:
    assert found(visit("198.51.100.1"), visit("198.51.100.1", 1, quotes=3)) == []


def test_only_features_that_count_are_named() -> None:
    (finding,) = found(visit("203.0.113.9", quotes=12, path_length=70))
    assert finding.reason.endswith("80.0 % are enough; quotation marks in values 16 (usually 0)")


def test_a_client_is_reported_once_for_a_host_in_ten_minutes() -> None:
    times = (0, 1, int(PAUSE) + 5)
    assert len(found(*(visit("203.0.113.9", time, quotes=9) for time in times))) == 2
    assert len(found(*(visit("203.0.113.9", 1, host, quotes=9) for host in ("a.example", "b.example")))) == 2


def test_the_setting_takes_the_place_of_the_models_threshold() -> None:
    doubtful = visit("203.0.113.9", quotes=5)
    assert found(doubtful) == []
    (finding,) = found(doubtful, threshold=60)
    assert "60.0 % are enough" in finding.reason


def test_without_features_or_a_model_nothing_is_found() -> None:
    bare = visit("203.0.113.9", quotes=9)._replace(features="")
    assert found(bare, bare._replace(features="00")) == []
    assert list(Learned().look(RecordBatch([visit("203.0.113.9", quotes=9)]))) == []


def test_rows_of_a_batch_are_scored_each_by_itself() -> None:
    detector = Learned()
    detector.use(model())
    visits = [visit(f"203.0.113.{number}", number, quotes=9 * (number % 3 == 0)) for number in range(9)]
    bare = visits[6]._replace(features="")
    batch = RecordBatch([*visits[:6], bare, *visits[7:]])
    assert [finding.client for finding in detector.look(batch)] == ["203.0.113.0", "203.0.113.3"]


def test_of_many_clients_at_once_only_some_are_explained() -> None:
    detector = Learned()
    detector.use(model())
    visits = [visit(f"203.0.113.{number}", number, quotes=9) for number in range(EXPLAINED + 9)]
    findings = list(detector.look(RecordBatch(visits)))
    assert len(findings) == EXPLAINED + 9
    assert sum("quotation marks" in each.reason for each in findings) == EXPLAINED


def test_features_are_named_with_their_amounts() -> None:
    of_time, of_size, of_agent = (FEATURES[PLACES[name]] for name in ("response_time", "response_bytes", "user_agent"))
    step = int(steps(np.array([128]))[0])  # 128 times 0.1 ms
    assert difference(of_time, step, 4) == "response time 12.8 ms (usually 0.4 ms)"
    assert difference(of_size, int(steps(np.array([3000]))[0]), 0) == "response size 2,560 (usually 0)"
    assert difference(of_agent, 200, 128) == "unusual user agent"
    assert [tendency(of_size, direction) for direction in (1, -1, 0)] == [
        "response size: more than usual", "response size: less than usual", "response size: other than usual",
    ]  # fmt: skip
    assert tendency(of_agent, 1) == "user agent: an unusual one"


def test_sizes_and_times_are_on_the_scale_of_the_other_amounts() -> None:
    for step in range(180):
        assert steps(np.array([amount(step), amount(step + 1) - 1])).tolist() == [step, step]
    assert steps(np.array([-5, 0, 3.9])).tolist() == [0, 0, 3]
    assert steps(np.array([2.0**62])).tolist() == [244]
