"""The program is killed at any moment while it writes and sends: what was written is there, once, at each level."""

import subprocess
import sys
from pathlib import Path

import pytest
from fleet_helpers import buckets_of, flat, totals
from spool_kills import SENSOR, STEP, FolderTarget, bucket, opened

from fleet.segments import Damage
from history.record import Level, SensorRecord
from history.record_codec import decode

FEW, MANY = 40, 200


@pytest.fixture(params=[FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def killed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    script = Path(__file__).with_name("spool_kills.py")
    subprocess.run([sys.executable, str(script), str(tmp_path), str(request.param), "11"], check=True, timeout=250)
    return tmp_path


class Certain:
    """Never loses an answer."""

    @staticmethod
    def random() -> float:
        return 1.0


def stored(folder: Path, level: Level) -> list[SensorRecord]:
    found = [decode(path.read_bytes()) for path in folder.glob(f"{level.name}-*[0-9]")]
    return sorted(found, key=lambda record: record.sequence)


def test_nothing_that_was_written_is_lost_or_doubled(killed: Path) -> None:
    noted = [int(line) for line in (killed / "noted").read_text().split()]
    assert noted == sorted(set(noted)), "a bucket was written twice"
    spool, ledger = opened(killed)
    assert spool.state.found.missing == 0
    ledger.flush()
    target = FolderTarget(killed / "store", Certain())  # type: ignore[arg-type]
    while batch := spool.oldest(100, 2**20):
        target.send([each.record for each in batch])
        spool.acknowledge(batch)
    spool.close()
    assert not (killed / "store" / "CONFLICT").exists(), "a sequence stands for two records"
    records = stored(killed / "store", Level.BUCKET)
    assert {record.series.sensor for record in records} == {SENSOR}
    assert len({record.series.spool for record in records}) == 1
    assert len(records) > noted[-1] >= len(noted) - 1
    assert [flat(record.buckets) for record in records] == [flat([bucket(number)]) for number in range(len(records))]
    for level in Level:
        records = stored(killed / "store", level)
        assert [record.sequence for record in records] == list(range(1, len(records) + 1))
        assert totals(buckets_of(records)) == totals(buckets_of(stored(killed / "store", Level.BUCKET)))


def test_scene_is_what_it_claims(tmp_path: Path) -> None:
    """The buckets are of several minutes, and a lost record would be seen."""
    spool, _ = opened(tmp_path)
    assert spool.state.found == Damage()
    spool.close()
    assert STEP < 60 < 2 * STEP
    assert flat([bucket(1)]) != flat([bucket(2)])
