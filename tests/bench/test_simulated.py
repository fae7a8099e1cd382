"""The sums that the simulated sensors' population knows are those of their buckets."""

from bench.simulated import BUCKET_SIZE, OTHERS, ROWS, Population, every_key, rows
from store.sums import OTHER, KeyedSums

SEED = 7


def test_a_bucket_has_the_rows_that_it_should() -> None:
    assert rows([Population(SEED).bucket(3, 1, 0.0)]) == sum(ROWS.values()) + len(OTHERS) == 200


def test_a_bucket_is_the_same_whenever_it_is_made() -> None:
    one, again = (Population(SEED).bucket(3, 5, 1000.0) for _ in range(2))
    assert one.start == 1000 + 5 * BUCKET_SIZE
    assert [(each.name, each.keys) for each in one.statistics] == [(each.name, each.keys) for each in again.statistics]


def test_other_seeds_and_numbers_make_other_buckets() -> None:
    population = Population(SEED)
    different = {str(population.bucket(3, number, 0.0).statistics[1].keys) for number in range(1, 50)}
    assert len(different) == 8
    assert str(Population(SEED + 1).bucket(3, 1, 0.0).statistics[1].keys) not in different


def test_the_truth_is_the_sum_of_all_buckets() -> None:
    population, lasts = Population(SEED), {0: 7, 1: 12, 8: 1}
    summed: dict[str, list[KeyedSums]] = {}
    for sensor, last in lasts.items():
        for number in range(1, last + 1):
            for each in population.bucket(sensor, number, 0.0).statistics:
                summed.setdefault(each.name, []).append(every_key(each))
    truth = population.truth(lasts)
    assert set(truth) == set(summed)
    for name, parts in summed.items():
        assert dict(truth[name].items()) == dict(KeyedSums.merged(parts).items())
    assert dict(truth["top_paths"].items())[OTHER].count == 20 * 7
