"""Learning: the same numbers as scikit-learn's, figures on clients that were held out, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from labelled import PLACES, examples

from detection.learned.examples import Examples, NotLearnableError
from detection.learned.inputs import FEATURES
from detection.learned.model_file import model_of, model_text

pytest.importorskip("sklearn", reason="needs scikit-learn (requirements-learn.txt)")

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from detection.learned.fitting import LINEAR, TREES, exported, fitted
from detection.learned.report import learned_lines
from detection.learned.training import learn


def test_the_linear_model_scores_as_scikit_learn_does() -> None:
    known = examples(300, 60, seed=1)
    model = fitted(LINEAR, known, FEATURES)
    ranks = model.ranked(known.codes)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=5000))
    theirs.fit(ranks, known.bad)
    assert np.allclose(model.scores(known.codes), theirs.predict_proba(ranks)[:, 1], rtol=0, atol=1e-9)


def test_the_trees_score_as_scikit_learn_does() -> None:
    known = examples(300, 60, seed=2)
    ranks = fitted(TREES, known, FEATURES).ranked(known.codes).astype(np.float64)
    theirs = HistGradientBoostingClassifier(max_depth=3, max_leaf_nodes=8, max_iter=40, min_samples_leaf=3)
    theirs.fit(ranks, known.bad)
    others = np.random.default_rng(3).integers(0, 256, (500, len(FEATURES))).astype(np.uint8)
    sums = theirs.decision_function(others.astype(np.float64))
    assert np.allclose(exported(theirs).sums(others), sums, rtol=0, atol=1e-9)


def test_the_same_labels_give_the_same_file() -> None:
    one, two = (learn(examples(300, 60, seed=4), FEATURES, 0.01) for _ in range(2))
    assert model_text(one.model) == model_text(two.model)


def test_bad_clients_that_were_held_out_are_found_and_good_ones_are_not() -> None:
    learned = learn(examples(1500, 200, seed=5), FEATURES, 0.01)
    assert [each.form for each in learned.tested] == [LINEAR, TREES]
    assert learned.chosen.hits.false <= 15
    assert learned.chosen.hits.recall > 0.9
    fresh = examples(1500, 200, seed=6)
    found = learned.model.scores(fresh.codes) >= learned.model.threshold
    assert found[fresh.bad].mean() > 0.9
    assert found[~fresh.bad].mean() < 0.02
    read = model_of(model_text(learned.model).encode(), [feature.name for feature in FEATURES])
    assert np.array_equal(read.scores(fresh.codes), learned.model.scores(fresh.codes))


def test_the_feature_that_tells_is_named_first() -> None:
    known = examples(600, 150, seed=7, told=False)
    known.codes[known.bad, PLACES["quotes"]] += 130
    learned = learn(known, FEATURES, 0.01)
    first = learned.weights[0]
    assert (first.column, first.direction) == (PLACES["quotes"], 1)
    assert first.share > 0.5
    text = "\n".join(learned_lines(learned, known, FEATURES, 0.01))
    assert " %  quotation marks in values: more than usual" in text


def test_labels_at_random_are_refused() -> None:
    with pytest.raises(NotLearnableError, match="no better than chance"):
        learn(examples(300, 60, seed=8, told=False), FEATURES, 0.01)


def test_one_busy_client_that_gives_itself_away_does_not_make_a_model_look_good() -> None:
    """Each client has a user agent of its own, which says all about it, and nothing about others."""
    plain = examples(300, 100, seed=9, told=False)
    codes = plain.codes.copy()
    codes[:, PLACES["user_agent"]] = plain.groups
    with pytest.raises(NotLearnableError, match="no better than chance"):
        learn(Examples(codes, plain.bad, plain.groups, "client"), FEATURES, 0.01)


def test_too_few_good_ones_to_measure_the_wanted_share_is_told() -> None:
    known = examples(300, 60, seed=10)
    learned = learn(known, FEATURES, 0.001)
    assert learned.chosen.hits.false == 0
    text = "\n".join(learned_lines(learned, known, FEATURES, 0.001))
    assert "300 good ones are too few to measure 0.1 %: none was allowed, but 1 % are still possible" in text
    assert "label 3,000 to be sure" in text


def test_a_threshold_that_finds_nothing_is_refused() -> None:
    known = examples(300, 60, seed=11)
    codes = known.codes.copy()
    codes[:40] = codes[known.bad][:40]  # some good ones are exactly like bad ones
    with pytest.raises(NotLearnableError, match="no bad exchange is found"):
        learn(replace(known, codes=codes), FEATURES, 0.0)


def test_a_model_keeps_its_threshold_in_the_file() -> None:
    known = examples(300, 60, seed=12)
    learned = learn(known, FEATURES, 0.01)
    higher = replace(learned.model, threshold=0.99)
    assert model_of(model_text(higher).encode(), higher.features).threshold == 0.99
