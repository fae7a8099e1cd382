"""Every level counts everything exactly once, whatever crashes, is late, is sent twice, or is never heard of again."""

import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet_helpers import SENSOR, MemoryTarget, buckets_of, delivered, flat, ledger, opened, totals
from sensor_records import ALERT, TIMED, bucket

from fleet import segments
from fleet.ledger import Counted, Ledger
from fleet.spool import Bounds, Spool, SpoolError
from history.record import WIDTHS, Level
from store.distribution import Distribution
from store.sums import ClosedBucket, Sums

DAY = 20_000 * 86400.0
MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """Use a folder in memory if there is one, where syncing a file takes no time."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def counted(*buckets: ClosedBucket, now: float = 0.0) -> Counted:
    now = now or buckets[-1].start + buckets[-1].width
    return Counted(buckets, (), now, now + 0.5)


def some(chance: random.Random, start: float) -> ClosedBucket:
    """Return a bucket with a few sums."""
    sums = {
        f"key{chance.randrange(8)}": Sums(
            chance.randrange(5), chance.randrange(900), chance.randrange(2**10) / 1024,
            Distribution.of((chance.randrange(600), 1) for _ in range(chance.randrange(4))), chance.randrange(2), 0,
        )
        for _ in range(chance.randrange(4))
    }  # fmt: skip
    watched = {"(watched)": {"0": Sums(seconds=10)}}
    return bucket(start, 10.0, hits=sums, volume={"other": Sums(1, 7)}, **watched)


def test_minutes_hours_and_days_are_written_when_a_later_period_comes(tmp_path: Path) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book = ledger(spool)
    for number in range(0, 2 * 3600 + 10, 10):
        book.write(counted(bucket(DAY + number, hits={"a": Sums(1)})))
    delivered(spool, target)
    minutes, hours = target.of(Level.MINUTE), target.of(Level.HOUR)
    assert [record.buckets[0].start - DAY for record in minutes] == list(range(0, 7200, 60))
    assert [record.through for record in minutes] == list(range(6, 721, 6))
    assert {(record.buckets[0].width, *flat(record.buckets).values()) for record in minutes} == {(60, Sums(6))}
    # Hours are written in parts of 20 minutes.
    assert [(record.buckets[0].start - DAY, record.through) for record in hours] == [
        (0, 19), (0, 38), (0, 57), (0, 60), (3600, 79), (3600, 98), (3600, 117),
    ]  # fmt: skip
    assert target.of(Level.DAY) == []
    book.flush()
    delivered(spool, target)
    for level in Level:
        assert flat(buckets_of(target.of(level))) == {("hits", "a"): Sums(721)}
    spool.close()


def test_what_was_acknowledged_stays_until_a_longer_level_includes_it(tmp_path: Path) -> None:
    spool, target = opened(tmp_path, size=2**16), MemoryTarget()  # a file has a few records
    book = ledger(spool)
    for number in range(90):
        book.write(counted(bucket(DAY + 10 * number, hits={"a": Sums(1)})))
        delivered(spool, target)
    assert target.of(Level.HOUR) == []
    assert spool.state.dropped == 0
    spool.close()  # as after a crash: nothing is flushed
    spool = opened(tmp_path, size=2**16)
    ledger(spool).flush()
    delivered(spool, target)
    for level in Level:
        assert flat(buckets_of(target.of(level))) == {("hits", "a"): Sums(90)}
    spool.close()


def test_time_that_passes_writes_what_is_pending(tmp_path: Path) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book = ledger(spool)
    book.write(counted(bucket(DAY, hits={"a": Sums(1)})))
    book.write(Counted((), (ALERT,), DAY + 110, DAY))
    delivered(spool, target)
    assert target.of(Level.MINUTE) == []
    book.write(Counted((), (), DAY + 120, DAY))
    delivered(spool, target)
    assert [record.through for record in target.of(Level.MINUTE)] == [3]
    assert target.of(Level.BUCKET)[1].alerts == (ALERT,)
    spool.close()


def test_sensors_write_parts_at_different_times(tmp_path: Path) -> None:
    firsts = set()
    for chance in (0.0, 0.25, 0.75):
        spool, target = opened(tmp_path / str(chance)), MemoryTarget()
        book = ledger(spool, chance=chance)
        for number in range(0, 1300, 10):
            book.write(counted(bucket(DAY + number)))
        delivered(spool, target)
        firsts.add(target.of(Level.HOUR)[0].through)
        spool.close()
    assert firsts == {4, 14, 19}


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_crashes_and_lost_answers_leaves_all_sums_equal(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    target, now = MemoryTarget(), DAY + chance.randrange(86400) // 10 * 10
    closed: list[ClosedBucket] = []
    spool = opened(tmp_path)
    book = ledger(spool, keys=3, chance=chance.random())
    for _ in range(90):
        step = chance.random()
        now += chance.choice((10, 10, 10, 60, 600)) if step < 0.9 else 30_000
        late = now - chance.choice((0, 0, 0, 50, 4000)) // 10 * 10
        buckets = tuple(some(chance, start) for start in sorted({late, now}))
        book.write(counted(*buckets, now=now + 10))
        closed += buckets
        if chance.random() < 0.3:
            batch = spool.oldest(chance.randrange(1, 9), 2**20)
            if chance.random() < 0.5 and (newest := spool.newest()) is not None:
                batch = [newest]
            target.send([each.record for each in batch])
            if chance.random() < 0.6:  # otherwise the answer is lost
                spool.acknowledge(batch)
        if chance.random() < 0.05:
            book.flush()
        if chance.random() < 0.15:  # a crash: nothing is flushed
            spool.close()
            if chance.random() < 0.3:
                (tmp_path / "acknowledged.json").unlink(missing_ok=True)
            spool = opened(tmp_path)
            book = ledger(spool, keys=3, chance=chance.random())
    book.flush()
    delivered(spool, target)
    expected = totals(closed)
    for level in Level:
        records = target.of(level)
        assert [record.sequence for record in records] == list(range(1, len(records) + 1))
        assert totals(buckets_of(records)) == expected
        assert {bucket.width for bucket in buckets_of(records)} == {float(WIDTHS.get(level, 10))}
    assert spool.state.waiting == 0
    spool.close()
    assert len(list(tmp_path.glob("*.log"))) <= len(Level)


def test_a_bucket_that_cannot_be_written_is_tried_again_with_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book = ledger(spool)
    book.write(counted(bucket(DAY, hits={"a": Sums(1)})))

    def full(file: int, block: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(segments, "_write", full)
        for _ in range(3):
            with pytest.raises(SpoolError, match="No space left"):
                book.write(counted(bucket(DAY + 60, hits={"a": Sums(2)})))
    book.write(counted(bucket(DAY + 60, hits={"a": Sums(2)})))
    book.flush()
    delivered(spool, target)
    for level in Level:
        assert [record.sequence for record in target.of(level)][:2] == [1, 2][: len(target.of(level))]
        assert flat(buckets_of(target.of(level))) == {("hits", "a"): Sums(3)}
    spool.close()


def test_a_minute_that_cannot_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book, append = ledger(spool), Spool.append

    def only_buckets(self: Spool, record: object) -> int:
        if record.series.level is not Level.BUCKET:  # type: ignore[attr-defined]
            raise SpoolError("full")
        return append(self, record)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "append", only_buckets)
        for number in range(0, 300, 10):
            book.write(counted(bucket(DAY + number, hits={"a": Sums(1)})))
    book.write(counted(bucket(DAY + 300, hits={"a": Sums(1)})))
    delivered(spool, target)
    (record,) = target.of(Level.MINUTE)
    assert (record.through, len(record.buckets)) == (30, 5)
    assert flat(record.buckets) == {("hits", "a"): Sums(30)}
    spool.close()


def test_the_highest_keys_are_kept_at_each_level(tmp_path: Path) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book = ledger(spool, keys=2)
    book.write(counted(bucket(DAY, hits={"a": Sums(1), "b": Sums(2), "c": TIMED})))
    book.write(counted(bucket(DAY + 10, hits={"d": Sums(9), "a": Sums(1), "b": Sums(1)})))
    book.flush()
    delivered(spool, target)
    (minute,) = target.of(Level.MINUTE)
    assert set(minute.buckets[0].statistics[0].keyed.keys) == {"d", "b"} or minute
    assert len(minute.buckets[0].statistics[0].keyed.keys) == 2
    assert totals(minute.buckets)["hits"].count == 17
    spool.close()


def test_a_record_that_is_too_large_has_fewer_keys(tmp_path: Path) -> None:
    spool, target = opened(tmp_path, 2**27), MemoryTarget()
    chance = random.Random(1)
    many = {f"{chance.getrandbits(900):0240x}"[:250]: Sums(number) for number in range(10_000)}
    book = ledger(spool, keys=10_000)
    book.write(counted(bucket(DAY, 10.0, **{f"s{number}": many for number in range(4)})))
    delivered(spool, target)
    (record,) = target.of(Level.BUCKET)
    assert {len(part.keyed.keys) for part in record.buckets[0].statistics} <= {5000, 2500, 1250}
    assert totals(record.buckets)["s1"].count == sum(range(10_000))
    spool.close()


def test_a_spool_belongs_to_one_process_and_one_sensor(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(SpoolError, match="another process uses the spool"):
        opened(tmp_path)
    number = spool.number
    spool.close()
    with pytest.raises(SpoolError, match=f"of the sensor {SENSOR}; use --sensor"):
        Spool(tmp_path, "other", Bounds(2**24, 7))
    again = opened(tmp_path)
    assert 0 < again.number == number < 2**63
    ledger(again).write(counted(bucket(DAY)))
    again.close()
    (tmp_path / "spool.json").write_text("{")
    with pytest.raises(SpoolError, match="damaged; move"):
        opened(tmp_path)
    (tmp_path / "spool.json").unlink()
    with pytest.raises(SpoolError, match="damaged; move"):
        opened(tmp_path)


def test_what_no_longer_fits_is_dropped_and_counted(tmp_path: Path) -> None:
    spool, target = opened(tmp_path, 2**20), MemoryTarget()
    book, chance = ledger(spool, keys=1000), random.Random(2)
    for number in range(60):
        keys = {f"{chance.getrandbits(400):x}": Sums(1) for _ in range(300)}
        book.write(counted(bucket(DAY + 10 * number, hits=keys)))
    state = spool.state
    assert state.size <= 2**20
    assert state.dropped > 0
    delivered(spool, target)
    assert len(target.records) == state.waiting
    assert [record.sequence for record in target.of(Level.BUCKET)][-1] == 60
    spool.close()


def test_a_lost_note_or_lost_longer_records_double_nothing(tmp_path: Path) -> None:
    spool, target = opened(tmp_path), MemoryTarget()
    book = ledger(spool)
    for number in range(0, 600, 10):
        book.write(counted(bucket(DAY + number, hits={"a": Sums(1)})))
    delivered(spool, target)
    spool.close()
    for path in tmp_path.glob("minute-*.log"):
        path.unlink()
    spool = opened(tmp_path)
    book = ledger(spool)
    book.write(counted(bucket(DAY + 600, hits={"a": Sums(1)})))
    book.flush()
    delivered(spool, target)
    for level in (Level.BUCKET, Level.MINUTE):
        assert flat(buckets_of(target.of(level))) == {("hits", "a"): Sums(61)}
    spool.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)]
    made = subprocess.run(mount, check=False, capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def is_written(book: Ledger, each: ClosedBucket) -> bool:
    try:
        book.write(counted(each))
    except SpoolError as error:
        if "No space left on device" not in str(error):
            raise
        return False
    return True


def test_a_full_disk_costs_nothing_once_there_is_room(small_disk: Path) -> None:
    spool, target, closed = opened(small_disk / "spool"), MemoryTarget(), []
    book, chance, full = ledger(spool), random.Random(3), 0
    filler = small_disk / "filler"
    filler.write_bytes(bytes(180_000))
    for number in range(90):
        each = bucket(DAY + 10 * number, hits={f"{chance.getrandbits(400):x}": Sums(1) for _ in range(20)})
        while not is_written(book, each):
            full += 1
            if full == 5:
                filler.unlink()
        closed.append(each)
    spool.close()
    assert full == 5
    spool = opened(small_disk / "spool")
    book = ledger(spool)
    book.flush()
    delivered(spool, target)
    for level in Level:
        records = target.of(level)
        assert [record.sequence for record in records] == list(range(1, len(records) + 1))
        assert totals(buckets_of(records)) == totals(closed)
    assert (spool.state.found.missing, spool.state.dropped) == (0, 0)
    spool.close()
